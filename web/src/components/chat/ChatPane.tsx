import type { Beginning, Entry, Message } from '@suhbat/client';
import { draftOf, nameOf, othersOf, participantsOf } from '@suhbat/client';
import { useOpened, useStore } from '@suhbat/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { codeOf, useLanguage, useMessenger, useSelect } from '../app.tsx';
import { DoorArt } from '../art/Art.tsx';
import { Composer } from '../composer/Composer.tsx';
import { focusHome, isTyping } from '../focus.ts';
import { InfoDialog } from '../message/InfoDialog.tsx';
import { MessageMenu, timeLeft } from '../message/MessageMenu.tsx';
import { ConfirmDialog } from '../overlays/ConfirmDialog.tsx';
import { chosenOf, found } from '../search/found.ts';
import { useAnnounce } from '../status/Announcer.tsx';
import { Notice } from '../status/Notice.tsx';
import { useArrivals, useFailures, useLostQuote } from './announcements.ts';
import { type Chat, ChatContext, type MenuTarget } from './ChatContext.tsx';
import { ChatHeader } from './ChatHeader.tsx';
import styles from './ChatPane.module.css';
import { DropZone } from './DropZone.tsx';
import { FirstMessage } from './FirstMessage.tsx';
import ground from './History.module.css';
import { History, type HistoryHandle } from './History.tsx';
import { DateDialog, SelectionBar } from './lazy.ts';
import { PinnedBar } from './PinnedBar.tsx';
import { Printing } from './Printing.tsx';
import { useReadMarks } from './useReadMarks.ts';

function Overlays({
  menu,
  setMenu,
  unsent,
  setUnsent,
  handle,
}: {
  menu: MenuTarget | null;
  setMenu: (menu: MenuTarget | null) => void;
  unsent: Entry | null;
  setUnsent: (entry: Entry | null) => void;
  handle: React.RefObject<HistoryHandle | null>;
}) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const { toast } = useAnnounce();
  const [info, setInfo] = useState<Message | null>(null);
  const [dying, setDying] = useState<Message | null>(null);
  const remove = async (message: Message) => {
    setDying(null);
    handle.current?.focusNeighbour(message.client_id ?? String(message.id));
    try {
      await messenger.remove(message);
    } catch (error) {
      toast(refusal(codeOf(error)));
    }
  };
  const discard = (entry: Entry) => {
    setUnsent(null);
    handle.current?.focusNeighbour(entry.clientId);
    messenger.client.discard(entry.clientId);
  };
  return (
    <>
      {menu && (
        <MessageMenu
          key={`${menu.key}-${menu.at.x}-${menu.at.y}`}
          target={menu}
          onClose={() => setMenu(null)}
          onInfo={setInfo}
          onDelete={setDying}
        />
      )}
      {info && <InfoDialog message={info} onClose={() => setInfo(null)} />}
      {dying && (
        <ConfirmDialog
          title={t('message.deleteTitle')}
          lead={t('message.deleteLead')}
          onClose={() => setDying(null)}
          onConfirm={() => void remove(dying)}
        />
      )}
      {unsent && (
        <ConfirmDialog
          title={t('message.deleteYours')}
          lead={unsent.content.slice(0, 120)}
          onClose={() => setUnsent(null)}
          onConfirm={() => discard(unsent)}
        />
      )}
    </>
  );
}

/** The conversation itself. `wantsField`: it was opened by keyboard. */
function Ready({ id, jumpTo, wantsField }: { id: number; jumpTo: number | null; wantsField: boolean }) {
  const { t, names } = useLanguage();
  const messenger = useMessenger();
  const participants = useSelect(state => participantsOf(state, id));
  const userId = useSelect(state => state.userId);
  const isEmpty = useSelect(
    state => (state.held[id]?.runs.every(run => run.ids.length === 0) ?? true) && (state.outbox[id]?.length ?? 0) === 0,
  );
  const scroller = useRef<HTMLDivElement>(null);
  const handle = useRef<HistoryHandle | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const [menu, setMenu] = useState<MenuTarget | null>(null);
  const [unsent, setUnsent] = useState<Entry | null>(null);
  // One string, so that typing into an edit draws nothing here.
  const edited = useSelect(state =>
    Object.keys(state.edits)
      .filter(message => state.edits[Number(message)]?.conversation === id)
      .join(),
  );
  const canSend = useSelect(state => state.held[id]?.details?.can_send ?? true);
  const [playing, setPlaying] = useState<readonly string[]>([]);
  const observe = useReadMarks(id, scroller);
  useArrivals(id);
  useFailures(id);
  useLostQuote(id);

  const focusComposer = useCallback(() => field.current?.focus(), []);
  const jump = useCallback((messageId: number, from: number | null = null) => handle.current?.jump(messageId, from), []);
  const reply = useCallback(
    ({ id: replied, sender, content, attachments, created_at }: Message) => {
      if (!(messenger.store.getState().held[id]?.details?.can_send ?? false)) return;
      messenger.setDraft(id, { replyTo: { id: replied, sender, content, attachments, created_at, is_deleted: false } });
      focusComposer();
    },
    [messenger, id, focusComposer],
  );
  const [dateFrom, setDateFrom] = useState<string | null>(null);
  const play = useCallback((key: string, on: boolean) => {
    setPlaying(old => (on ? [...new Set([...old, key])] : old.filter(other => other !== key)));
  }, []);
  const edit = useCallback(
    (messageId: number) => {
      const { edits, held } = messenger.store.getState();
      const message = held[id]?.messages.get(messageId);
      if (edits[messageId]) scroller.current?.querySelector<HTMLElement>(`[data-id="${messageId}"] textarea`)?.focus();
      else if (message) messenger.setEdit(message, message.content ?? '');
    },
    [messenger, id],
  );
  const others = othersOf(participants, userId);
  const isGroup = participants.length > 2;
  const chat = useMemo<Chat>(
    () => ({
      id,
      isGroup,
      openMenu: setMenu,
      jump,
      reply,
      askDate: setDateFrom,
      edit,
      discard: setUnsent,
      observe,
      setPlaying: play,
      focusComposer,
    }),
    [id, isGroup, jump, reply, edit, observe, play, focusComposer],
  );
  const keep = useMemo(() => {
    const messages = messenger.store.getState().held[id]?.messages;
    const fields = edited.split(',').map(message => messages?.get(Number(message))?.client_id ?? message);
    return [...playing, ...(menu ? [menu.key] : []), ...fields];
  }, [playing, menu, edited, messenger, id]);

  // A phone's keyboard should not jump up on entering; with a mouse or keys at hand, the field is where one wants to be, unless one
  // already writes elsewhere.
  useEffect(() => {
    if ((wantsField || matchMedia('(hover: hover)').matches) && !isTyping(document.activeElement)) field.current?.focus();
  }, [wantsField]);
  const chosen = useStore(found, chosenOf);
  // A hit of the search may be chosen again.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => {
    if (jumpTo !== null) handle.current?.jump(jumpTo, null);
  }, [jumpTo, chosen]);

  const editLast = () => {
    const { held, userId: me } = messenger.store.getState();
    const now = messenger.client.serverTime.now();
    const all = [...(held[id]?.messages.values() ?? [])].filter(message => message.sender.id === me && message.content);
    const last = all.sort((a, b) => b.id - a.id)[0];
    if (!last || timeLeft(last.edit_deadline, now) === null) return false;
    messenger.history.backToNow(id);
    edit(last.id);
    return true;
  };
  const name = names(others.map(nameOf));
  const addFiles = (files: readonly File[]) => {
    const draft = draftOf(messenger.store.getState(), id);
    messenger.setDraft(id, { files: [...draft.files, ...files] });
    focusComposer();
  };
  return (
    <ChatContext value={chat}>
      <DropZone onFiles={canSend ? addFiles : null}>
        <PinnedBar />
        {isEmpty ? (
          <div className={join(styles.center, ground.place)} data-region="history" tabIndex={-1}>
            <div className={styles.first}>
              <Notice title={t('chat.first')} lead={t('chat.firstLead', { name })} />
            </div>
          </div>
        ) : (
          <History name={name} scroller={scroller} handle={handle} keep={keep} />
        )}
        <Composer field={field} onEditLast={editLast} />
        {dateFrom !== null && <DateDialog id={id} from={dateFrom} onJump={jump} onClose={() => setDateFrom(null)} />}
        <Printing id={id} />
        <Overlays menu={menu} setMenu={setMenu} unsent={unsent} setUnsent={setUnsent} handle={handle} />
      </DropZone>
    </ChatContext>
  );
}

/** One conversation: header, pinned, history, composer, and the placeholder while it is not ready. */
function Opened({ id, jumpTo }: { id: number; jumpTo: number | null }) {
  const { t } = useLanguage();
  const messenger = useMessenger();
  const status = useSelect(state => state.held[id]?.status ?? 'loading');
  const isSelecting = useSelect(state => state.selection !== null);
  const [byKeys] = useState(() => document.activeElement?.matches(':focus-visible') ?? false);

  useOpened(id);

  if (status === 'missing') {
    return (
      <main className={join(styles.pane, styles.center)} id="main" tabIndex={-1}>
        <Notice heading="h1" art={<DoorArt />} title={t('missing.title')} lead={t('missing.lead')}>
          <Link href="/" className={controls.button}>
            {t('missing.home')}
          </Link>
        </Notice>
      </main>
    );
  }
  return (
    <main className={styles.pane} id="main" tabIndex={-1}>
      {isSelecting ? <SelectionBar id={id} /> : <ChatHeader id={id} />}
      {status === 'ready' && <Ready id={id} jumpTo={jumpTo} wantsField={byKeys} />}
      {status === 'loading' && (
        <div className={styles.center} role="status">
          <span className={styles.late}>{t('common.loading')}</span>
        </div>
      )}
      {status === 'error' && (
        <div className={styles.center} role="status">
          <Notice art={<DoorArt />} title={t('chat.error')}>
            <button
              type="button"
              className={controls.button}
              onClick={() => {
                focusHome();
                messenger.history.retry(id);
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

/** A conversation, or the first message to a person. */
export default function ChatPane(props: { id: number; jumpTo: number | null } | { to: Beginning }) {
  return 'to' in props ? <FirstMessage to={props.to} /> : <Opened {...props} />;
}
