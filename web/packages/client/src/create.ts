import { browserPorts } from './browser.ts';
import { GivenTokenSource } from './given-token.ts';
import type { Language } from './sentences.ts';
import { type ConversationView, conversationOf } from './store/conversation-view.ts';
import { Messenger, type MessengerPorts } from './store/messenger.ts';

export interface SuhbatOptions {
  /** The address of the service, with the path prefix under which it is reached, if there is one. */
  url: string | URL;
  /**
   * An access token of the platform for the signed-in person. A function is asked at the start, and again when the service refuses the token
   * that it gave before; null says that nobody is signed in.
   */
  token: string | (() => string | null | Promise<string | null>);
  /** The language of the sentences with which messages say why they were not sent; English by default. */
  language?: Language;
  /** Replaces parts of the browser, for tests and for other surroundings. */
  ports?: Partial<Omit<MessengerPorts, 'base' | 'tokens' | 'language'>>;
}

/** A messenger with its conversations as a front end draws them. The page draws from the state itself, and begins without this code. */
export class SuhbatClient extends Messenger {
  /** One object for each id. */
  conversation(id: number): ConversationView {
    return conversationOf(this, id);
  }
}

/** The client for a browser, not started yet: it asks nothing and keeps nothing before `start`. */
export function createSuhbat({ url, token, language, ports }: SuhbatOptions): SuhbatClient {
  const { href } = new URL(url);
  return new SuhbatClient({
    ...browserPorts(),
    ...ports,
    ...(language ? { language } : {}),
    base: href.endsWith('/') ? href : `${href}/`,
    tokens: new GivenTokenSource(token),
  });
}
