import { draftOf } from '@suhbat/client';
import { useEffect, useState } from 'react';
import { useMessenger, useSettings } from '../app.tsx';
import { later } from '../parts.tsx';

const shrinking = later(() => import('./shrink.ts'));

/** The picture that each photo was made from. */
const originals = new WeakMap<File, File>();
/** Pictures that are sent as they are, since they could not be made smaller. */
const unchanged = new WeakSet<File>();

/** Whether a file is a picture that is sent as a photo or as a file, as the person wishes. */
export function isPhoto(file: File): boolean {
  return originals.has(file) || /^image\/(jpeg|png|webp|avif|hei[cf])$/.test(file.type);
}

/** Makes the pictures of a draft small, or puts the originals back. Returns whether that is under way. */
export function usePhotos(conversation: number, files: readonly File[]): boolean {
  const messenger = useMessenger();
  const [{ fullSize }] = useSettings();
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    const replace = (made: ReadonlyMap<File, File>) => {
      const now = draftOf(messenger.store.getState(), conversation).files;
      messenger.setDraft(conversation, { files: now.map(file => made.get(file) ?? file) });
    };
    const wanted = files.filter(file => (fullSize ? originals.has(file) : isPhoto(file) && !originals.has(file) && !unchanged.has(file)));
    setBusy(wanted.length > 0);
    if (wanted.length === 0) return undefined;
    if (fullSize) {
      replace(new Map(wanted.map(file => [file, originals.get(file) ?? file])));
      return undefined;
    }
    const shrink = async () => {
      const made = new Map<File, File>();
      const part = await shrinking().catch(() => null);
      // One after the other: each is a whole picture in memory.
      for (const file of part ? wanted : []) {
        const small = (await part?.shrunk(file).catch(() => null)) ?? file;
        if (small === file) unchanged.add(file);
        else originals.set(small, file);
        made.set(file, small);
      }
      if (isCurrent) replace(made);
      if (isCurrent) setBusy(false);
    };
    void shrink();
    return () => {
      isCurrent = false;
    };
  }, [messenger, conversation, files, fullSize]);
  return isBusy;
}
