import type { Messenger, State, Store } from '@suhbat/client';
import { createContext, createElement, type ReactNode, useContext, useEffect, useSyncExternalStore } from 'react';

const SuhbatContext = createContext<Messenger | null>(null);

export interface SuhbatProviderProps {
  /** Made by `createSuhbat`, outside of components or in the state of one. */
  client: Messenger;
  /** Somebody else starts and stops the client. */
  isManual?: boolean;
  children?: ReactNode;
}

/** Gives a client to the hooks below it, and has it started while it is mounted. */
export function SuhbatProvider({ client, isManual = false, children }: SuhbatProviderProps) {
  useEffect(() => {
    if (isManual) return undefined;
    client.start();
    return () => client.stop();
  }, [client, isManual]);
  return createElement(SuhbatContext.Provider, { value: client }, children);
}

/** The client of the provider above. */
export function useSuhbat(): Messenger {
  const client = useContext(SuhbatContext);
  if (!client) throw new Error('The hooks of @suhbat/react need a <SuhbatProvider> above them.');
  return client;
}

/** A part of the client's state. The component is drawn again when another value is selected. */
export function useSelect<T>(select: (state: State) => T): T {
  return useStore(useSuhbat().store, select);
}

/** The same of any store. */
export function useStore<S, T>(store: Store<S>, select: (state: S) => T): T {
  return useSyncExternalStore(
    store.subscribe,
    () => select(store.getState()),
    () => select(store.getInitialState()),
  );
}

/** Keeps a conversation loaded and up to date while the component is mounted. */
export function useOpened(id: number): void {
  const { history } = useSuhbat();
  useEffect(() => history.open(id), [history, id]);
}
