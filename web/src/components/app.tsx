import type { Messenger, Store } from '@suhbat/client';
import { ApiError, nameOf, type User } from '@suhbat/client';
import { SuhbatProvider, useSelect, useStore, useSuhbat } from '@suhbat/react';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { Dates } from '../i18n/dates.ts';
import { sizeIn } from '../i18n/numbers.ts';
import { type Catalog, type Locale, listOf, refusalSentence, type Translate, translator } from '../i18n/translate.ts';
import { all, type Settings } from '../settings.ts';
import { tickerOf } from './Ticker.ts';

/** The page's access to its surroundings, so that components touch no globals for them. */
export interface Environment {
  isVisible: () => boolean;
  onAttention: (listener: () => void) => () => void;
  /** False where the browser allows it in no way. */
  copy: (text: string) => Promise<boolean>;
  reload: () => void;
  /** Whether the service has another version of this page by now. */
  isOutdated: () => Promise<boolean>;
  notifications: NotificationsPort | null;
  emojiUrl: string;
  asset: (name: string) => string;
  /** Whether the page runs inside another one, from which the tokens come then. */
  embedded: boolean;
}

export interface NotificationsPort {
  /** False where no setting of the browser could help. */
  isPossible: () => boolean;
  permission: () => NotificationPermission;
  ask: () => Promise<NotificationPermission>;
  show: (title: string, body: string, tag: string, onClick: () => void) => void;
  chime: (tag: string) => void;
}

export interface App {
  messenger: Messenger;
  preferences: Store<Settings>;
  environment: Environment;
}

const AppContext = createContext<App | null>(null);

export interface Language {
  locale: Locale;
  t: Translate;
  dates: Dates;
  size: (bytes: number) => string;
  /** `Malika, Olga and Rustam`. */
  names: (all: readonly string[]) => string;
  /** The text of a message, or the word for an attachment. */
  wordsOf: (content: string | null) => string;
  refusal: (code: string | null) => string;
}

const LanguageContext = createContext<Language | null>(null);

export function AppProvider({ app, locale, catalog, children }: { app: App; locale: Locale; catalog: Catalog; children: ReactNode }) {
  const language = useMemo<Language>(() => {
    const t = translator(locale, catalog);
    return {
      locale,
      t,
      dates: new Dates(locale, t),
      size: bytes => sizeIn(locale, t, bytes),
      names: all => listOf(t, all),
      wordsOf: content => content?.trim() || t('list.attachment'),
      refusal: code => refusalSentence(t, catalog, code),
    };
  }, [locale, catalog]);
  return (
    <SuhbatProvider client={app.messenger} isManual>
      <AppContext value={app}>
        <LanguageContext value={language}>{children}</LanguageContext>
      </AppContext>
    </SuhbatProvider>
  );
}

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error('outside of AppProvider');
  return app;
}

export { useSelect, useSuhbat as useMessenger };

export function useLanguage(): Language {
  const language = useContext(LanguageContext);
  if (!language) throw new Error('outside of AppProvider');
  return language;
}

export function useT(): Translate {
  return useLanguage().t;
}

/** The code of a refusal, for its sentence; null for a fault that has none. */
export function codeOf(error: unknown): string | null {
  return error instanceof ApiError ? error.code : null;
}

/** The name of a person; the signed-in one is "You". */
export function useNameOf(): (user: User) => string {
  const t = useT();
  const userId = useSelect(state => state.userId);
  return user => (user.id === userId ? t('common.you') : nameOf(user));
}

export function useSettings(): [Settings, (change: Partial<Settings>) => void] {
  const { preferences } = useApp();
  const settings = useStore(preferences, all);
  const change = useCallback((part: Partial<Settings>) => preferences.setState(part), [preferences]);
  return [settings, change];
}

/** The server's time, renewed every `every` ms while `active`. */
export function useNow(every: number, active = true): number {
  const messenger = useSuhbat();
  const [now, setNow] = useState(() => messenger.client.serverTime.now());
  useEffect(() => (active ? tickerOf(messenger, every).watch(setNow) : undefined), [messenger, every, active]);
  return now;
}
