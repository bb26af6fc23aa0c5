import type { DemoPerson } from '@suhbat/client';
import { ApiError, nameOf } from '@suhbat/client';
import { useCallback, useEffect, useState } from 'react';
import { useApp, useLanguage, useMessenger, useSelect, useSettings } from '../components/app.tsx';
import { DoorArt } from '../components/art/Art.tsx';
import { Mark } from '../components/art/Mark.tsx';
import { EmptyListArt } from '../components/art/TeaArt.tsx';
import { Avatar } from '../components/conversations/Avatar.tsx';
import { focusHome, giveBackFocus } from '../components/focus.ts';
import { Select } from '../components/overlays/Select.tsx';
import { Notice } from '../components/status/Notice.tsx';
import { LANGUAGE_NAMES, LOCALES } from '../i18n/translate.ts';
import controls from '../theme/controls.module.css';
import { fetchInbox } from './lazy.ts';
import styles from './SignIn.module.css';

type Answer = { kind: 'asking' } | { kind: 'people'; people: DemoPerson[] } | { kind: 'closed' } | { kind: 'unreachable' };

const ROLES = { user: 'role.user', admin: 'role.admin', superadmin: 'role.superadmin' } as const;

function Person({ person, onChoose, disabled }: { person: DemoPerson; onChoose: () => void; disabled: boolean }) {
  const { t, names } = useLanguage();
  return (
    <li>
      <button type="button" className={styles.person} onClick={onChoose} aria-disabled={disabled}>
        <Avatar user={person} />
        <span className={styles.words}>
          <span className={styles.name} dir="auto">
            {nameOf(person)}
          </span>
          <span className={styles.role}>{t(ROLES[person.role])}</span>
          {person.confessions.length > 0 && (
            <span className={styles.confessions} dir="auto">
              {names(person.confessions.map(confession => confession.name))}
            </span>
          )}
        </span>
      </button>
    </li>
  );
}

/** The demo users to choose from; without them, how to sign in. */
export default function SignIn() {
  const { t, locale } = useLanguage();
  const { environment } = useApp();
  const messenger = useMessenger();
  const expired = useSelect(state => state.session === 'expired');
  const [, change] = useSettings();
  const [answer, setAnswer] = useState<Answer>({ kind: 'asking' });
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);

  const ask = useCallback(async () => {
    setAnswer({ kind: 'asking' });
    if (environment.embedded) {
      // A token that comes later signs in all the same.
      const token = await messenger.client.api.renew().catch(() => null);
      if (token === null) setAnswer({ kind: 'closed' });
      return;
    }
    try {
      setAnswer({ kind: 'people', people: await messenger.client.api.call<DemoPerson[]>('GET', 'demo/people/') });
    } catch (error) {
      setAnswer({ kind: error instanceof ApiError && error.status === 404 ? 'closed' : 'unreachable' });
    }
  }, [messenger, environment]);

  useEffect(() => void ask(), [ask]);

  // The list should be loaded when the person has signed in.
  useEffect(() => {
    if (answer.kind === 'people') fetchInbox();
  }, [answer]);

  // The pressed button disappears with this page. Inside another page no button was pressed, and the focus is not ours.
  useEffect(() => () => void (environment.embedded || giveBackFocus(null)), [environment]);

  const choose = async (person: DemoPerson) => {
    if (busy) return;
    setBusy(true);
    setFailed(false);
    try {
      const body = { user_id: person.id };
      messenger.signIn((await messenger.client.api.call<{ access: string }>('POST', 'demo/login/', { body })).access);
    } catch {
      setFailed(true);
      setBusy(false);
    }
  };

  return (
    <main className={styles.page} id="main" tabIndex={-1}>
      <div className={styles.top}>
        <Mark size={34} />
        <span className={styles.wordmark}>{t('app.name')}</span>
        <Select
          className={styles.language}
          aria-label={t('settings.language')}
          value={locale}
          onChange={event => change({ locale: event.target.value })}
        >
          {LOCALES.map(option => (
            <option key={option} value={option} lang={option}>
              {LANGUAGE_NAMES[option]}
            </option>
          ))}
        </Select>
      </div>
      {environment.embedded && answer.kind === 'asking' && (
        <Notice heading="h1" art={<EmptyListArt />} title={t('app.tagline')} lead={t('signin.waiting')} />
      )}
      {answer.kind === 'people' && (
        <>
          <div className={styles.hero}>
            <EmptyListArt size={180} />
            <div>
              <p className={styles.tagline}>{t('app.tagline')}</p>
              <h1>{t('signin.title')}</h1>
              <p className={styles.lead}>{t(expired ? 'signin.expired' : 'signin.lead')}</p>
            </div>
          </div>
          <div role="status">{failed && <p className={styles.error}>{t('common.error')}</p>}</div>
          <ul className={styles.people} aria-label={t('signin.people')}>
            {answer.people.map(person => (
              <Person key={person.id} person={person} disabled={busy} onChoose={() => void choose(person)} />
            ))}
          </ul>
        </>
      )}
      {!environment.embedded && answer.kind === 'asking' && (
        <div role="status" className={styles.asking}>
          <h1 className="hidden">{t('app.name')}</h1>
          {t('common.loading')}
        </div>
      )}
      {answer.kind === 'closed' && (
        <Notice heading="h1" art={<DoorArt />} title={t('signin.none')} lead={t('signin.noneLead')}>
          {environment.embedded && (
            <button
              type="button"
              className={controls.button}
              onClick={() => {
                focusHome();
                void ask();
              }}
            >
              {t('common.retry')}
            </button>
          )}
        </Notice>
      )}
      {answer.kind === 'unreachable' && (
        <div role="status">
          <Notice heading="h1" art={<DoorArt />} title={t('signin.unreachable')} lead={t('signin.unreachableLead')}>
            <button
              type="button"
              className={controls.button}
              onClick={() => {
                focusHome();
                void ask();
              }}
            >
              {t('common.retry')}
            </button>
          </Notice>
        </div>
      )}
    </main>
  );
}
