import { Smile } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage } from '../app.tsx';
import { lazyPart } from '../parts.tsx';
import styles from './Composer.module.css';

const EmojiPicker = lazyPart(() => import('./EmojiPicker.tsx'), Wait);

function Wait() {
  const { t } = useLanguage();
  return <p className={styles.wait}>{t('common.loading')}</p>;
}

export function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useLanguage();
  const [wanted, setWanted] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const popover = useRef<HTMLDivElement>(null);
  const id = useId();
  const place = (event: React.ToggleEvent<HTMLDivElement>) => {
    const box = button.current?.getBoundingClientRect();
    if (event.newState !== 'open' || !box) return;
    setWanted(true);
    // At its button, as far as both edges of the screen allow; its width is known to the style sheet only.
    event.currentTarget.style.setProperty('--end', `${window.innerWidth - box.right}px`);
    event.currentTarget.style.insetBlockEnd = `${window.innerHeight - box.top + 8}px`;
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={join(controls.icon, styles.emojiButton)}
        aria-label={t('composer.emoji')}
        popoverTarget={id}
      >
        <Smile aria-hidden size={22} />
      </button>
      <div
        ref={popover}
        id={id}
        popover="auto"
        className={join(controls.raised, styles.emojis)}
        role="dialog"
        aria-label={t('composer.emoji')}
        onBeforeToggle={place}
        onToggle={event => event.currentTarget.toggleAttribute('data-picker', event.newState === 'open')}
      >
        {wanted && (
          <EmojiPicker
            onPick={emoji => {
              popover.current?.hidePopover();
              onPick(emoji);
            }}
          />
        )}
      </div>
    </>
  );
}
