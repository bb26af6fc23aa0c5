import type { Message } from '@suhbat/client';
import { nameOf, receiptsOf } from '@suhbat/client';
import { Fragment } from 'react';
import { useLanguage, useNow, useSelect } from '../app.tsx';
import { Dialog } from '../overlays/Dialog.tsx';
import styles from './InfoDialog.module.css';

/** The receipts of a message: its recipients, its readers, and the times; updated while it is open. */
export function InfoDialog({ message: opened, onClose }: { message: Message; onClose: () => void }) {
  const { t, dates } = useLanguage();
  const now = useNow(60_000);
  const held = useSelect(state => state.held[opened.conversation]);
  const message = held?.messages.get(opened.id) ?? opened;
  const userId = useSelect(state => state.userId);
  const receipts = held && message.sender.id === userId ? receiptsOf(message, held, userId) : [];
  return (
    <Dialog title={t('info.title')} onClose={onClose}>
      <dl className={styles.facts}>
        <div>
          <dt>{t('info.sent')}</dt>
          <dd>{dates.moment(message.created_at, now)}</dd>
        </div>
        {message.edited_at && (
          <div>
            <dt>{t('message.edited')}</dt>
            <dd>{dates.moment(message.edited_at, now)}</dd>
          </div>
        )}
        {receipts.map(({ user, delivered_at, read_at }) => (
          <Fragment key={user.id}>
            <div>
              <dt>{t('info.delivered', { name: nameOf(user) })}</dt>
              <dd>{delivered_at ? dates.moment(delivered_at, now) : t('info.noTime')}</dd>
            </div>
            {read_at && (
              <div>
                <dt>{t('info.seen', { name: nameOf(user) })}</dt>
                <dd>{dates.moment(read_at, now)}</dd>
              </div>
            )}
          </Fragment>
        ))}
      </dl>
      {message.sender.id === userId && receipts.length === 0 && <p className={styles.waiting}>{t('info.waiting')}</p>}
    </Dialog>
  );
}
