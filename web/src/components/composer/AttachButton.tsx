import { Paperclip } from 'lucide-react';
import { useRef } from 'react';
import controls from '../../theme/controls.module.css';
import { useSelect, useT } from '../app.tsx';
import { acceptOf } from '../attachments/rules.ts';

export function AttachButton({ onFiles }: { onFiles: (files: Iterable<File>) => void }) {
  const t = useT();
  const config = useSelect(state => state.config);
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        accept={acceptOf(config)}
        onChange={event => {
          onFiles(event.target.files ?? []);
          event.target.value = '';
        }}
      />
      <button
        type="button"
        className={controls.icon}
        aria-label={t('composer.attach')}
        title={t('composer.attach')}
        onClick={() => picker.current?.click()}
      >
        <Paperclip aria-hidden size={22} />
      </button>
    </>
  );
}
