import { type EmojiPickerListComponents, EmojiPicker as Frimousse } from 'frimousse';
import { useApp, useLanguage } from '../app.tsx';
import styles from './EmojiPicker.module.css';

const PARTS: Partial<EmojiPickerListComponents> = {
  CategoryHeader: ({ category, ...props }) => (
    <div {...props} className={styles.category}>
      {category.label}
    </div>
  ),
  // The library counts from 0, where ARIA counts from 1. It finds rows by their number, so only the invalid one goes: to the first row it
  // scrolls without looking for it.
  Row: ({ children, 'aria-rowindex': row, ...props }) => (
    <div {...props} {...(row ? { 'aria-rowindex': row } : {})} className={styles.row}>
      {children}
    </div>
  ),
  Emoji: ({ emoji, 'aria-colindex': column, ...props }) => (
    <button type="button" {...props} role="gridcell" aria-colindex={(column ?? 0) + 1} className={styles.emoji}>
      {emoji.emoji}
    </button>
  ),
};

/** Emoji from our own origin. Uzbek has no data of its own and shows the Russian names. */
export default function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t, locale } = useLanguage();
  const { environment } = useApp();
  return (
    <Frimousse.Root
      className={styles.root}
      locale={locale === 'en' ? 'en' : 'ru'}
      emojibaseUrl={environment.emojiUrl}
      columns={7}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <Frimousse.Search className={styles.search} aria-label={t('composer.emojiSearch')} placeholder={t('composer.emojiSearch')} />
      <Frimousse.Viewport className={styles.viewport}>
        <Frimousse.Loading className={styles.note}>{t('common.loading')}</Frimousse.Loading>
        <Frimousse.Empty className={styles.note}>{t('composer.emojiNone')}</Frimousse.Empty>
        <Frimousse.List className={styles.list} components={PARTS} />
      </Frimousse.Viewport>
    </Frimousse.Root>
  );
}
