import type { Message } from '@suhbat/client';
import { Copy, Trash2, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import controls from '../../theme/controls.module.css';
import { codeOf, useLanguage, useMessenger, useNameOf, useSelect } from '../app.tsx';
import { ConfirmDialog } from '../overlays/ConfirmDialog.tsx';
import { useAnnounce, useCopy } from '../status/Announcer.tsx';
import header from './ChatHeader.module.css';
import styles from './SelectionBar.module.css';

/** In place of the header, while one chooses messages: how many they are, and what can be done with them. */
export default function SelectionBar({ id }: { id: number }) {
  const { t, dates, refusal, wordsOf } = useLanguage();
  const messenger = useMessenger();
  const copy = useCopy();
  const shownName = useNameOf();
  const { say, toast } = useAnnounce();
  const selection = useSelect(state => state.selection);
  const held = useSelect(state => state.held[id]);
  const userId = useSelect(state => state.userId);
  const [asks, setAsks] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const chosen = [...(selection ?? [])].flatMap(one => held?.messages.get(one) ?? []).sort((a, b) => a.id - b.id);
  const areMine = chosen.length > 0 && chosen.every(message => message.sender.id === userId);
  const count = t('select.count', { count: chosen.length });
  const now = messenger.client.serverTime.now();

  useEffect(() => {
    first.current?.focus({ preventScroll: true });
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open]')) return;
      event.preventDefault();
      messenger.endSelection();
    };
    // Before the keys of the page, for which Escape means something else.
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, [messenger]);

  useEffect(() => say(count), [say, count]);

  const asText = (message: Message) =>
    t('select.line', { name: shownName(message.sender), when: dates.moment(message.created_at, now), text: wordsOf(message.content) });
  const remove = async () => {
    setAsks(false);
    for (const message of chosen) {
      try {
        await messenger.remove(message);
      } catch (error) {
        // What could not be deleted stays chosen.
        toast(refusal(codeOf(error)));
        return;
      }
    }
    messenger.endSelection();
  };
  return (
    <header className={header.header} data-region="header" tabIndex={-1}>
      <button ref={first} type="button" className={controls.icon} aria-label={t('common.cancel')} onClick={() => messenger.endSelection()}>
        <X aria-hidden size={22} />
      </button>
      <h1 className={styles.count}>{count}</h1>
      <button
        type="button"
        className={controls.button}
        aria-disabled={chosen.length === 0}
        onClick={() => {
          if (chosen.length === 0) return;
          copy(chosen.map(asText).join('\n'));
          messenger.endSelection();
        }}
      >
        <Copy aria-hidden size={18} />
        <span className={styles.word}>{t('select.copy')}</span>
      </button>
      <button
        type="button"
        className={controls.button}
        aria-disabled={!areMine}
        onClick={() => (areMine ? setAsks(true) : toast(t('select.ownOnly')))}
      >
        <Trash2 aria-hidden size={18} />
        <span className={styles.word}>{t('common.delete')}</span>
      </button>
      {asks && (
        <ConfirmDialog
          title={t('select.deleteTitle', { count: chosen.length })}
          lead={t('select.deleteLead')}
          onClose={() => setAsks(false)}
          onConfirm={() => void remove()}
        />
      )}
    </header>
  );
}
