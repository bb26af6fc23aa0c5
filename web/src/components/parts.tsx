import { insistent } from '@suhbat/client';
import { type ComponentType, createElement, useCallback, useEffect, useRef, useState } from 'react';
import { useT } from './app.tsx';
import { useAnnounce } from './status/Announcer.tsx';
import { Failure } from './status/Failure.tsx';

const all: (() => Promise<void>)[] = [];

/**
 * A part of the page in a file of its own. Unlike `lazy` it forgets a failure: a part that failed to load shows it in its place, and the
 * next try asks again. A part that would have opened over the page (it has `onClose`) shows a toast; to try again is to open it again.
 */
export function lazyPart<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, meanwhile: ComponentType | null = null) {
  let here: ComponentType<P> | null = null;
  const fetched = insistent(load);
  const get = async () => {
    here ??= (await fetched()).default;
  };
  all.push(get);
  function Part(props: P & { onClose?: () => void }) {
    const [failed, setFailed] = useState(false);
    const [, draw] = useState(0);
    const isShown = useRef(true);
    const t = useT();
    const { toast } = useAnnounce();
    const { onClose } = props;
    const fetch = useCallback(
      () =>
        get().then(
          () => isShown.current && draw(count => count + 1),
          () => isShown.current && setFailed(true),
        ),
      [],
    );
    const isGone = failed && onClose !== undefined;
    useEffect(() => {
      if (!isGone) return;
      toast(t('common.partFailed'));
      onClose();
    }, [isGone, onClose, toast, t]);
    useEffect(() => {
      isShown.current = true;
      if (!here) void fetch();
      return () => {
        isShown.current = false;
      };
    }, [fetch]);
    if (here) return createElement(here, props);
    if (failed) return isGone ? null : <Failure retry={fetch} />;
    return meanwhile && createElement(meanwhile);
  }
  return Object.assign(Part, { get });
}

/** A module that the page begins without; it is fetched with the parts. */
export function later<T>(load: () => Promise<T>): () => Promise<T> {
  const fetched = insistent(load);
  all.push(async () => {
    await fetched();
  });
  return fetched;
}

/** Fetches the parts that nobody needed yet, so that they are at hand when the connection is not. */
export async function warm(): Promise<void> {
  for (const get of all) await get().catch(() => {});
}
