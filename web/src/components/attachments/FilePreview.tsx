import { FileAudio, File as FileIcon, FileText, FileVideo } from 'lucide-react';
import { useEffect, useState } from 'react';
import styles from './FilePreview.module.css';

const SHOWABLE = /^(image\/(png|jpeg|gif|webp|avif)|video\/)/;

/** One object URL of a picture or video that lies on this device, revoked when it is no longer shown. */
function useObjectUrl(file: File): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!SHOWABLE.test(file.type)) return undefined;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      setUrl(null);
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return url;
}

/** Whether a file has a picture of its own, rather than the icon of its kind. */
export function hasPreview(file: File): boolean {
  return SHOWABLE.test(file.type);
}

function iconOf(type: string) {
  if (type.startsWith('video/')) return FileVideo;
  if (type.startsWith('audio/')) return FileAudio;
  return type.startsWith('text/') || type === 'application/pdf' ? FileText : FileIcon;
}

/** A file before it is sent: its picture, the first frame of a video, or the icon of its kind. Decoration: the name stands beside it. */
export function FilePreview({ file }: { file: File }) {
  const url = useObjectUrl(file);
  const [broken, setBroken] = useState(false);
  const Icon = iconOf(file.type);
  return (
    <span className={styles.preview} aria-hidden="true">
      {!url || broken ? (
        <Icon size={22} />
      ) : file.type.startsWith('video/') ? (
        // The moment after the beginning is painted also where only the head of the file was read.
        <video src={`${url}#t=0.1`} muted playsInline preload="metadata" tabIndex={-1} onError={() => setBroken(true)} />
      ) : (
        <img src={url} alt="" onError={() => setBroken(true)} />
      )}
    </span>
  );
}
