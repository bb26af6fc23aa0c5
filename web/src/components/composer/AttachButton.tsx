import { Camera, Paperclip } from 'lucide-react';
import { useRef } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useSelect, useT } from '../app.tsx';
import { acceptOf } from '../attachments/rules.ts';
import styles from './Composer.module.css';

/** Chooses files, or on a phone takes a photo. */
export function AttachButton({ onFiles }: { onFiles: (files: Iterable<File>) => void }) {
  const t = useT();
  const config = useSelect(state => state.config);
  const picker = useRef<HTMLInputElement>(null);
  const choose = (takesPhoto: boolean) => {
    const input = picker.current;
    if (!input) return;
    input.accept = takesPhoto ? 'image/*' : acceptOf(config);
    input.multiple = !takesPhoto;
    input.toggleAttribute('capture', takesPhoto);
    input.click();
  };
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
        onClick={() => choose(false)}
      >
        <Paperclip aria-hidden size={22} />
      </button>
      <button
        type="button"
        className={join(controls.icon, styles.camera)}
        aria-label={t('composer.camera')}
        title={t('composer.camera')}
        onClick={() => choose(true)}
      >
        <Camera aria-hidden size={22} />
      </button>
    </>
  );
}
