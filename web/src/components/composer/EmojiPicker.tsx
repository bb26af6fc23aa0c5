import type { KeyValueStorage } from '@suhbat/client';
import { type EmojiPickerListComponents, EmojiPicker as Frimousse } from 'frimousse';
import { useRef, useState } from 'react';
import en from '../../i18n/emoji/en.icu.json';
import ru from '../../i18n/emoji/ru.icu.json';
import uz from '../../i18n/emoji/uz.icu.json';
import { useApp, useLanguage } from '../app.tsx';
import { wordsOfPart } from '../words.ts';
import styles from './EmojiPicker.module.css';

const useEmojiWords = wordsOfPart<keyof typeof en>({ en, ru, uz });

/** The groups of the data, in its order, each with an emoji that stands for it, and its name. */
const GROUPS = [
  ['smileys-emotion', '😀', 'emoji.smileys'],
  ['people-body', '👋', 'emoji.people'],
  ['animals-nature', '🐻', 'emoji.nature'],
  ['food-drink', '🍎', 'emoji.food'],
  ['travel-places', '✈️', 'emoji.travel'],
  ['activities', '⚽', 'emoji.activities'],
  ['objects', '💡', 'emoji.objects'],
  ['symbols', '🔣', 'emoji.symbols'],
  ['flags', '🏁', 'emoji.flags'],
] as const;

const RECENT = 'suhbat:emoji';
const MOST_RECENT = 14;

/** The emoji that were picked last, the newest first. */
function recentOf(memory: KeyValueStorage): string[] {
  return (memory.get(RECENT) ?? '').split(' ').filter(Boolean).slice(0, MOST_RECENT);
}

/** The build writes the key of a group in place of its name: the names are our own, since the data has none in Uzbek. */
const CategoryHeader: EmojiPickerListComponents['CategoryHeader'] = ({ category, ...props }) => {
  const words = useEmojiWords();
  const name = GROUPS.find(([key]) => key === category.label.toLowerCase())?.[2];
  return (
    <div {...props} className={styles.category}>
      {name ? words(name) : category.label}
    </div>
  );
};

const PARTS: Partial<EmojiPickerListComponents> = {
  CategoryHeader,
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

/** Emoji from our own origin. Uzbek has no data of its own, and finds them by Russian names. */
export default function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t, locale } = useLanguage();
  const words = useEmojiWords();
  const { environment, messenger } = useApp();
  const { memory } = messenger;
  const [recent] = useState(() => recentOf(memory));
  const viewport = useRef<HTMLDivElement>(null);
  const pick = (emoji: string) => {
    memory.set(RECENT, [...new Set([emoji, ...recentOf(memory)])].slice(0, MOST_RECENT).join(' '));
    onPick(emoji);
  };
  const goTo = (index: number) => {
    const group = viewport.current?.querySelectorAll<HTMLElement>('[frimousse-category]')[index];
    if (viewport.current && group) viewport.current.scrollTop = group.offsetTop;
  };
  return (
    <Frimousse.Root
      className={styles.root}
      locale={locale === 'en' ? 'en' : 'ru'}
      emojibaseUrl={environment.emojiUrl}
      columns={7}
      onEmojiSelect={({ emoji }) => pick(emoji)}
    >
      <Frimousse.Search className={styles.search} aria-label={words('emoji.search')} placeholder={words('emoji.search')} />
      {recent.length > 0 && (
        <div className={styles.recent} role="group" aria-label={words('emoji.recent')}>
          {recent.map(emoji => (
            <button key={emoji} type="button" className={styles.emoji} onClick={() => pick(emoji)}>
              {emoji}
            </button>
          ))}
        </div>
      )}
      <Frimousse.Viewport ref={viewport} className={styles.viewport}>
        <Frimousse.Loading className={styles.note}>{t('common.loading')}</Frimousse.Loading>
        <Frimousse.Empty className={styles.note}>{words('emoji.none')}</Frimousse.Empty>
        <Frimousse.List className={styles.list} components={PARTS} />
      </Frimousse.Viewport>
      <div className={styles.tabs} role="group" aria-label={words('emoji.categories')}>
        {GROUPS.map(([, emoji, name], index) => (
          <button key={name} type="button" className={styles.tab} aria-label={words(name)} title={words(name)} onClick={() => goTo(index)}>
            <span aria-hidden="true">{emoji}</span>
          </button>
        ))}
      </div>
    </Frimousse.Root>
  );
}
