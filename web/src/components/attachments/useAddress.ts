import type { Attachment, Message } from '@suhbat/client';
import { type MouseEvent, useRef, useState } from 'react';
import { useMessenger } from '../app.tsx';

const SPARE = 5_000;

/** A signed address carries its expiry, in seconds. One without a signature works for ever. */
function expiryOf(address: string): number {
  const expires = Number(new URL(address, document.baseURI).searchParams.get('expires'));
  return expires > 0 ? expires * 1000 : Number.POSITIVE_INFINITY;
}

/** Signed addresses expire: the first is kept while it works, and on an error the message is asked for another, once unless it was its time. */
export function useAddress(message: Message, attachment: Attachment, onBroken: () => void = () => {}) {
  const messenger = useMessenger();
  const [held, setHeld] = useState(attachment);
  const [broken, setBroken] = useState(false);
  const asking = useRef(false);
  const asked = useRef(false);
  const isOver = (spare: number) => expiryOf(held.file) <= messenger.client.serverTime.now() + spare;

  const renew = async (): Promise<Attachment | null> => {
    const fresh = await messenger.history.refreshMessage(message);
    const found = fresh?.attachments.find(other => other.id === attachment.id) ?? null;
    if (found) setHeld(found);
    return found;
  };
  const heal = async () => {
    if (asking.current) return;
    const before = held.file;
    if (!asked.current || isOver(0)) {
      asking.current = true;
      asked.current = true;
      const found = await renew();
      asking.current = false;
      if (found && found.file !== before) return;
    }
    setBroken(true);
    onBroken();
  };

  return {
    held,
    broken,
    heal: () => void heal(),
    /** A link that fails reports no error, so an expired one is renewed before it is followed. */
    follow: (event: MouseEvent<HTMLAnchorElement>) => {
      if (!isOver(SPARE)) return;
      event.preventDefault();
      const link = event.currentTarget;
      void renew().then(found => {
        if (!found || !link.isConnected) return;
        link.href = found.file;
        link.click();
      });
    },
  };
}
