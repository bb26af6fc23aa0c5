import type { FileKind, MessageQuery, User } from '@suhbat/client';
import { confessionsOf, FILE_KINDS, nameOf, othersOf } from '@suhbat/client';
import { useStore } from '@suhbat/react';
import { Check, ChevronDown } from 'lucide-react';
import { useMemo, useState } from 'react';
import { join } from '../../theme/theme.ts';
import { useLanguage, useMessenger, useNow, useSelect } from '../app.tsx';
import { Menu, type MenuItem, type Spot } from '../overlays/Menu.tsx';
import styles from './SearchPanel.module.css';
import { useSearchWords } from './sentences.ts';
import { useSearch } from './useSearch.ts';

type Filter = 'conversation' | 'confession' | 'sender' | 'has';

interface Props {
  query: MessageQuery;
  onChange: (change: Partial<MessageQuery>) => void;
}

interface Choice {
  id: string;
  label: string;
  isChosen: boolean;
  change: Partial<MessageQuery>;
}

const NAMES = { conversation: 'search.conversation', confession: 'search.confession', sender: 'search.sender', has: 'search.has' } as const;

const KINDS = {
  image: 'search.image',
  video: 'search.video',
  audio: 'search.audio',
  document: 'search.document',
  file: 'search.file',
  link: 'search.link',
} as const;

const toggled = <T,>(all: readonly T[], one: T): T[] => (all.includes(one) ? all.filter(other => other !== one) : [...all, one]);

/** Everybody who may have written what is searched: the people of the known conversations, and of the hits. */
function usePeople(conversation: number | null): User[] {
  const rows = useSelect(state => state.rows);
  const userId = useSelect(state => state.userId);
  const hits = useStore(useSearch().store, state => state.hits);
  return useMemo(() => {
    const people = new Map<number, User>();
    for (const { message } of hits) people.set(message.sender.id, message.sender);
    for (const row of Object.values(rows)) {
      if (conversation !== null && row.id !== conversation) continue;
      for (const person of row.participants) people.set(person.id, person);
    }
    const byName = [...people.values()].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    return [...byName.filter(({ id }) => id === userId), ...byName.filter(({ id }) => id !== userId)];
  }, [rows, hits, conversation, userId]);
}

/** A day as it is written in an address, as a moment of that day here. */
const noon = (day: string) => new Date(`${day}T12:00:00`).getTime();

function useChoices({ query }: Pick<Props, 'query'>): Record<Filter, Choice[]> {
  const { t, names } = useLanguage();
  const words = useSearchWords();
  const userId = useSelect(state => state.userId);
  const rows = useSelect(state => state.rows);
  const me = useSelect(state => state.me);
  const ids = useSelect(state => state.list.ids);
  const people = usePeople(query.conversation);
  const { conversation, confession, sender, has } = query;
  const chats = [...new Set([...(conversation === null ? [] : [conversation]), ...ids])].flatMap(id => rows[id] ?? []);
  const one = (id: number | null, all: readonly number[]) => (id === null ? all.length === 0 : all.length === 1 && all[0] === id);
  return {
    conversation: [
      { id: 'any', label: words('search.everywhere'), isChosen: conversation === null, change: { conversation: null } },
      ...chats.map(row => ({
        id: String(row.id),
        label: names(othersOf(row.participants, userId).map(nameOf)),
        isChosen: row.id === conversation,
        change: { conversation: row.id },
      })),
    ],
    confession: [
      { id: 'any', label: words('search.any'), isChosen: one(null, confession), change: { confession: [] } },
      ...confessionsOf({ me, rows }).map(({ id, name }) => ({
        id: String(id),
        label: name,
        isChosen: confession.includes(id),
        change: { confession: toggled(confession, id) },
      })),
    ],
    sender: [
      { id: 'any', label: words('search.any'), isChosen: one(null, sender), change: { sender: [] } },
      ...people.map(person => ({
        id: String(person.id),
        label: person.id === userId ? t('common.you') : nameOf(person),
        isChosen: sender.includes(person.id),
        change: { sender: toggled(sender, person.id) },
      })),
    ],
    has: [
      { id: 'any', label: words('search.any'), isChosen: has.length === 0, change: { has: [] } },
      ...FILE_KINDS.map((kind: FileKind) => ({
        id: kind,
        label: words(KINDS[kind]),
        isChosen: has.includes(kind),
        change: { has: toggled(has, kind) },
      })),
    ],
  };
}

/** What a search is restricted to: a button for each filter, which opens its choices. */
export function Chips({ query, onChange }: Props) {
  const { names, dates } = useLanguage();
  const words = useSearchWords();
  const messenger = useMessenger();
  const now = useNow(60_000);
  const choices = useChoices({ query });
  const [menu, setMenu] = useState<{ filter: Filter; at: Spot; opener: HTMLElement } | null>(null);
  const hasDates = query.from !== '' || query.to !== '';
  const [showsDates, setShowsDates] = useState(hasDates);
  const day = (text: string) => dates.brief(new Date(noon(text)).toISOString(), messenger.client.serverTime.now() + 8 * 86_400_000);
  const period =
    query.from !== '' && query.to !== ''
      ? words('search.between', { from: day(query.from), to: day(query.to) })
      : query.from !== ''
        ? words('search.since', { day: day(query.from) })
        : words('search.until', { day: query.to === '' ? '' : day(query.to) });
  const today = new Date(now).toLocaleDateString('sv');
  const isSet: Record<Filter, boolean> = {
    conversation: query.conversation !== null,
    confession: query.confession.length > 0,
    sender: query.sender.length > 0,
    has: query.has.length > 0,
  };
  const chip = (filter: Filter) => {
    const name = words(NAMES[filter]);
    const value = names(choices[filter].filter(({ id, isChosen }) => isChosen && id !== 'any').map(({ label }) => label));
    return (
      <button
        type="button"
        className={join(styles.chip, isSet[filter] && styles.set)}
        aria-haspopup="menu"
        aria-expanded={menu?.filter === filter}
        onClick={event => {
          const opener = event.currentTarget;
          const { left, bottom, top } = opener.getBoundingClientRect();
          setMenu({ filter, at: { x: left, y: bottom + 4, above: top - 4 }, opener });
        }}
      >
        <span dir="auto">{isSet[filter] && value !== '' ? words('search.chosen', { filter: name, value }) : name}</span>
        <ChevronDown aria-hidden size={14} />
      </button>
    );
  };
  const field = (name: 'from' | 'to') => (
    <label className={styles.day}>
      <span>{words(name === 'from' ? 'search.from' : 'search.to')}</span>
      <input
        type="date"
        value={query[name]}
        min={name === 'to' ? query.from : undefined}
        max={name === 'from' && query.to !== '' ? query.to : today}
        onChange={event => onChange({ [name]: event.target.value })}
      />
    </label>
  );
  return (
    <div className={styles.filters} role="group" aria-label={words('search.filters')}>
      <div className={styles.chips}>
        {chip('conversation')}
        {query.conversation === null && choices.confession.length > 2 && chip('confession')}
        {chip('sender')}
        {chip('has')}
        <button
          type="button"
          className={join(styles.chip, hasDates && styles.set)}
          aria-expanded={showsDates}
          aria-controls="search-dates"
          onClick={() => setShowsDates(!showsDates)}
        >
          <span>{hasDates ? words('search.chosen', { filter: words('search.dates'), value: period }) : words('search.dates')}</span>
          <ChevronDown aria-hidden size={14} />
        </button>
      </div>
      <div className={styles.days} id="search-dates" hidden={!showsDates}>
        {field('from')}
        {field('to')}
        {hasDates && (
          <button type="button" className={styles.chip} onClick={() => onChange({ from: '', to: '' })}>
            {words('search.clearDates')}
          </button>
        )}
      </div>
      {menu && (
        <Menu
          label={words(NAMES[menu.filter])}
          items={choices[menu.filter].map(
            ({ id, label, isChosen, change }): MenuItem => ({
              id,
              label,
              icon: <Check aria-hidden size={18} style={{ visibility: isChosen ? 'visible' : 'hidden' }} />,
              checked: isChosen,
              run: () => onChange(change),
            }),
          )}
          at={menu.at}
          opener={menu.opener}
          onClose={() => setMenu(null)}
        />
      )}
    </div>
  );
}
