import { Paperclip } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useT } from '../app.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import styles from './DropZone.module.css';

/** Files dropped anywhere on a chat go to its composer, where there is one. Folders are refused. */
export function DropZone({ onFiles, children }: { onFiles: ((files: readonly File[]) => void) | null; children: ReactNode }) {
  const t = useT();
  const { toast } = useAnnounce();
  const [over, setOver] = useState(false);
  const takes = (event: React.DragEvent) => onFiles !== null && event.dataTransfer.types.includes('Files');
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop on; the button of the composer does the same
    <div
      role="presentation"
      className={styles.zone}
      onDragEnter={event => takes(event) && setOver(true)}
      onDragOver={event => {
        if (!takes(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={event => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false);
      }}
      onDrop={event => {
        if (!takes(event)) return;
        event.preventDefault();
        setOver(false);
        const items = [...event.dataTransfer.items].filter(item => item.kind === 'file');
        const files = items.flatMap(item => (item.webkitGetAsEntry()?.isDirectory ? [] : (item.getAsFile() ?? [])));
        if (files.length < items.length) toast(t('composer.folder'));
        if (files.length > 0) onFiles?.(files);
      }}
    >
      {children}
      {over && (
        <div className={styles.overlay} aria-hidden="true">
          <Paperclip size={36} />
          {t('composer.drop')}
        </div>
      )}
    </div>
  );
}
