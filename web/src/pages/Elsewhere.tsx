import { ApiError, type Beginning, type Confession, findWith, type Messenger, type User } from '@suhbat/client';
import { useCallback, useEffect, useState } from 'react';
import { useLocation, useRoute, useSearchParams } from 'wouter';
import { codeOf, useLanguage, useMessenger } from '../components/app.tsx';
import { focusHome } from '../components/focus.ts';
import { Notice } from '../components/status/Notice.tsx';
import controls from '../theme/controls.module.css';
import styles from './Elsewhere.module.css';
import { NotFound } from './NotFound.tsx';

/** The person, in a community or in the only one; null for somebody whom one may not write to about this. */
async function contactOf({ client, store }: Messenger, id: number, community: number | null): Promise<Beginning | null> {
  try {
    const { user, confessions } = await client.api.contact(id);
    const [only, ...others] = confessions;
    if (community === null) return { user, confession: only && others.length === 0 ? only : null };
    const meant = confessions.find(confession => confession.id === community);
    if (meant) return { user, confession: meant };
    // Admins may write about a community that the person does not follow.
    const { user: me, administers, follows } = store.getState().me ?? (await client.api.me());
    if (me.role === 'user') return null;
    return { user, confession: [...administers, ...follows].find(confession => confession.id === community) ?? null };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** The path in the page for a person: their conversation, or the place of the first message to them. */
async function pathTo(messenger: Messenger, user: number, community: number | null): Promise<string> {
  const isMeant = (row: { participants: readonly User[]; confession: Confession | null }) =>
    row.participants.length === 2 &&
    row.participants.some(person => person.id === user) &&
    (community === null || row.confession?.id === community);
  const known = Object.values(messenger.store.getState().rows).find(isMeant);
  if (known) return `/c/${known.id}`;
  const beginning = await contactOf(messenger, user, community);
  // The service finds a conversation of before, or says why there can be none: it opens no new one with somebody who is no contact.
  if (!beginning) return `/c/${(await messenger.openWith(user, community)).id}`;
  const opened = await findWith(messenger, beginning);
  if (opened !== null) return `/c/${opened}`;
  messenger.begin(beginning);
  return `/new?to=${user}`;
}

/** `/to/7?community=1`, by which the platform leads to a person. It leads on at once, so it stays in no history. */
function To({ user, community }: { user: number; community: number | null }) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const [, navigate] = useLocation();
  const [failure, setFailure] = useState<string | null>(null);
  const go = useCallback(() => {
    let isWanted = true;
    setFailure(null);
    pathTo(messenger, user, community).then(
      path => isWanted && navigate(path, { replace: true }),
      error => isWanted && setFailure(refusal(codeOf(error))),
    );
    return () => {
      isWanted = false;
    };
  }, [messenger, navigate, refusal, user, community]);
  useEffect(() => go(), [go]);
  return (
    <main className={styles.place} id="main" tabIndex={-1}>
      {failure === null ? (
        <div role="status">
          <h1 className="hidden">{t('common.loading')}</h1>
        </div>
      ) : (
        <Notice heading="h1" title={failure}>
          <button
            type="button"
            className={controls.button}
            onClick={() => {
              focusHome();
              go();
            }}
          >
            {t('common.retry')}
          </button>
        </Notice>
      )}
    </main>
  );
}

const idIn = (text: string | null | undefined) => (/^\d{1,15}$/.test(text ?? '') ? Number(text) : null);

/** Every path that is neither the list nor a conversation. */
export default function Elsewhere() {
  const [isTo, params] = useRoute('/to/:user');
  const [search] = useSearchParams();
  const user = isTo ? idIn(params.user) : null;
  return user === null ? <NotFound /> : <To user={user} community={idIn(search.get('community'))} />;
}
