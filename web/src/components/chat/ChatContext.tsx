import type { Entry, Message } from '@suhbat/client';
import { createContext, useContext } from 'react';
import type { Spot } from '../overlays/Menu.tsx';

export interface MenuTarget {
  key: string;
  id: number | null;
  clientId: string | null;
  at: Spot;
  opener: HTMLElement | null;
}

/** The state and actions that the parts of one chat share. */
export interface Chat {
  id: number;
  isGroup: boolean;
  openMenu: (target: MenuTarget) => void;
  /** Leads to a message. The way down leads back to `from` first. */
  jump: (messageId: number, from?: number | null) => void;
  /** Begins an answer to a message, where one may write. */
  reply: (message: Message) => void;
  /** Asks for a date to jump to. */
  askDate: (from: string) => void;
  edit: (messageId: number) => void;
  /** Asks whether a message that was not sent may go for good. */
  discard: (entry: Entry) => void;
  /** Reports when a message of somebody else was really seen. */
  observe: (element: HTMLElement, messageId: number) => () => void;
  setPlaying: (key: string, on: boolean) => void;
  focusComposer: () => void;
}

export const ChatContext = createContext<Chat | null>(null);

export function useChat(): Chat {
  const chat = useContext(ChatContext);
  if (!chat) throw new Error('outside of a chat');
  return chat;
}
