import { ApiError, type Beginning, type Confession, draftIdOf, draftOf, nameOf, sendFirst } from '@suhbat/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { codeOf, useLanguage, useMessenger } from '../app.tsx';
import { BackLink } from '../BackLink.tsx';
import { Composer } from '../composer/Composer.tsx';
import { Avatar } from '../conversations/Avatar.tsx';
import { Dialog } from '../overlays/Dialog.tsx';
import { useAnnounce } from '../status/Announcer.tsx';
import { Notice } from '../status/Notice.tsx';
import { type Chat, ChatContext } from './ChatContext.tsx';
import header from './ChatHeader.module.css';
import styles from './ChatPane.module.css';
import { DropZone } from './DropZone.tsx';
import ground from './History.module.css';

/** A person without a conversation yet. The conversation is opened by the first message, so that looking alone leaves no trace. */
export function FirstMessage({ to }: { to: Beginning }) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const { toast } = useAnnounce();
  const [, navigate] = useLocation();
  const field = useRef<HTMLTextAreaElement>(null);
  const busy = useRef(false);
  const [candidates, setCandidates] = useState<readonly Confession[] | null>(null);
  const id = draftIdOf(to.user);
  const name = nameOf(to.user);
  const focusComposer = useCallback(() => field.current?.focus(), []);
  const chat = useMemo<Chat>(() => {
    const nothing = () => {};
    const none = {
      openMenu: nothing,
      jump: nothing,
      reply: nothing,
      askDate: nothing,
      edit: nothing,
      discard: nothing,
      setPlaying: nothing,
      observe: () => nothing,
    };
    return { id, isGroup: false, ...none, focusComposer };
  }, [id, focusComposer]);
  useEffect(() => focusComposer(), [focusComposer]);

  const send = async (confession: Confession | null) => {
    if (busy.current) return;
    busy.current = true;
    try {
      const opened = await sendFirst(messenger, { ...to, confession });
      navigate(`/c/${opened}`, { replace: true, state: history.state });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'confession_required') {
        setCandidates((error.details['candidates'] as Confession[] | undefined) ?? []);
      } else toast(refusal(error instanceof ApiError ? codeOf(error) : 'network'));
    } finally {
      busy.current = false;
    }
  };
  const addFiles = (files: readonly File[]) => {
    messenger.setDraft(id, { files: [...draftOf(messenger.store.getState(), id).files, ...files] });
    focusComposer();
  };
  return (
    <main className={styles.pane} id="main" tabIndex={-1}>
      <header className={header.header} data-region="header" tabIndex={-1}>
        <BackLink className={header.back} />
        <Avatar user={to.user} size="md" />
        <div className={header.titles}>
          <h1 className={header.name} dir="auto">
            <span className="hidden">{t('chat.with', { name })}</span>
            <span aria-hidden>{name}</span>
          </h1>
          <p className={header.sub}>
            {to.confession && (
              <span className={header.confession} dir="auto">
                {to.confession.name}
              </span>
            )}
          </p>
        </div>
      </header>
      <ChatContext value={chat}>
        <DropZone onFiles={addFiles}>
          <div className={join(styles.center, ground.place)} data-region="history" tabIndex={-1}>
            <div className={styles.first}>
              <Notice title={t('chat.first')} lead={t('chat.firstLead', { name })} />
            </div>
          </div>
          <Composer field={field} onEditLast={() => false} onSend={() => void send(to.confession)} />
        </DropZone>
      </ChatContext>
      {candidates && (
        <Dialog title={t('new.choose')} onClose={() => setCandidates(null)}>
          <div className={styles.candidates}>
            {candidates.map(candidate => (
              <button
                key={candidate.id}
                type="button"
                className={controls.button}
                onClick={() => {
                  setCandidates(null);
                  void send(candidate);
                }}
              >
                {candidate.name}
              </button>
            ))}
          </div>
        </Dialog>
      )}
    </main>
  );
}
