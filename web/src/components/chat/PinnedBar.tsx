import { List, Pin, PinOff } from 'lucide-react';
import { useState } from 'react';
import controls from '../../theme/controls.module.css';
import { codeOf, useLanguage, useMessenger, useNameOf, useSelect } from '../app.tsx';
import { Dialog } from '../overlays/Dialog.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { useChat } from './ChatContext.tsx';
import styles from './PinnedBar.module.css';

const NONE: readonly number[] = [];

/** The newest pinned message; a click cycles to older ones and jumps. */
export function PinnedBar() {
  const { t, refusal, wordsOf } = useLanguage();
  const messenger = useMessenger();
  const chat = useChat();
  const { toast } = useAnnounce();
  const shownName = useNameOf();
  const held = useSelect(state => state.held[chat.id]);
  const pins = held?.pins ?? NONE;
  const [shown, setShown] = useState({ newest: 0, back: 0 });
  const [showsAll, setShowsAll] = useState(false);
  // The newest comes first, each click goes one further back, and a newer one begins anew.
  const newest = pins.at(-1);
  const place = shown.newest === newest ? shown.back % pins.length : 0;
  const id = pins[pins.length - 1 - place];
  const message = id === undefined ? undefined : held?.messages.get(id);
  if (!held || !message) return null;
  return (
    <div className={styles.bar}>
      <button
        type="button"
        className={styles.pin}
        onClick={() => {
          chat.jump(message.id);
          setShown({ newest: newest ?? 0, back: place + 1 });
        }}
      >
        <Pin aria-hidden size={18} />
        <span className={styles.words}>
          <span className={styles.label}>{pins.length > 1 ? t('pin.nOfM', { n: pins.length - place, m: pins.length }) : t('pin.bar')}</span>
          <span className={styles.text} dir="auto">
            {wordsOf(message.content)}
          </span>
        </span>
      </button>
      <button type="button" className={controls.icon} aria-label={t('pin.all')} title={t('pin.all')} onClick={() => setShowsAll(true)}>
        <List aria-hidden size={20} />
      </button>
      {showsAll && (
        <Dialog title={t('pin.title')} wide onClose={() => setShowsAll(false)}>
          <ul className={styles.all}>
            {pins.toReversed().map(pin => {
              const pinned = held.messages.get(pin);
              if (!pinned) return null;
              return (
                <li key={pin}>
                  <button
                    type="button"
                    className={styles.entry}
                    onClick={() => {
                      setShowsAll(false);
                      chat.jump(pin);
                    }}
                  >
                    <span className={styles.label}>{shownName(pinned.sender)}</span>
                    <span className={styles.text} dir="auto">
                      {wordsOf(pinned.content)}
                    </span>
                  </button>
                  {held.details?.can_pin && (
                    <button
                      type="button"
                      className={controls.icon}
                      aria-label={t('message.unpin')}
                      onClick={event => {
                        event.currentTarget.closest('dialog')?.querySelector('button')?.focus();
                        void messenger.pin(pinned, false).catch(error => toast(refusal(codeOf(error))));
                      }}
                    >
                      <PinOff aria-hidden size={18} />
                    </button>
                  )}
                </li>
              );
            })}
          </ul>
        </Dialog>
      )}
    </div>
  );
}
