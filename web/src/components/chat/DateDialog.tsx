import { findAt } from '@suhbat/client';
import { useState } from 'react';
import controls from '../../theme/controls.module.css';
import { join } from '../../theme/theme.ts';
import { useLanguage, useMessenger } from '../app.tsx';
import { Dialog } from '../overlays/Dialog.tsx';
import { useAnnounce } from '../status/Announcer.tsx';

/** `2026-11-22`, by the calendar of this device. */
function dayOf(at: string | number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

interface Props {
  id: number;
  /** The date that is shown at first. */
  from: string;
  onJump: (messageId: number) => void;
  onClose: () => void;
}

/** Asks for a date, and leads to its first message, or to the first one after it. */
export default function DateDialog({ id, from, onJump, onClose }: Props) {
  const { t, refusal } = useLanguage();
  const messenger = useMessenger();
  const { toast } = useAnnounce();
  const [day, setDay] = useState(() => dayOf(from));
  const [busy, setBusy] = useState(false);
  const go = async () => {
    const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
    if (busy || !year || !month || !date) return;
    setBusy(true);
    try {
      const found = await findAt(messenger.client.api, id, new Date(year, month - 1, date).getTime());
      onClose();
      if (found !== null) onJump(found);
    } catch {
      setBusy(false);
      toast(refusal('network'));
    }
  };
  return (
    <Dialog
      title={t('date.jump')}
      onClose={onClose}
      actions={
        <button type="button" className={join(controls.button, controls.primary)} aria-disabled={busy} onClick={() => void go()}>
          {t('date.go')}
        </button>
      }
    >
      <input
        type="date"
        className={controls.field}
        aria-label={t('date.label')}
        data-autofocus
        value={day}
        max={dayOf(messenger.client.serverTime.now())}
        onChange={event => setDay(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Enter') void go();
        }}
      />
    </Dialog>
  );
}
