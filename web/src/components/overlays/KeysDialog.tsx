import { Dialog } from './Dialog.tsx';
import styles from './KeysDialog.module.css';
import { useSettingsWords } from './sentences.ts';

const KEYS = [
  ['Ctrl K', 'keys.search'],
  ['Ctrl F', 'keys.searchIn'],
  ['F3', 'keys.hit'],
  ['Alt ↑ ↓', 'keys.conversation'],
  ['F6', 'keys.regions'],
  ['↑', 'keys.edit'],
  ['Shift F10', 'keys.menu'],
  ['Esc', 'keys.escape'],
  ['?', 'keys.help'],
] as const;

export default function KeysDialog({ onClose }: { onClose: () => void }) {
  const words = useSettingsWords();
  return (
    <Dialog title={words('settings.keys')} onClose={onClose}>
      <dl className={styles.keys}>
        {KEYS.map(([keys, key]) => (
          <div key={key}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{words(key)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
