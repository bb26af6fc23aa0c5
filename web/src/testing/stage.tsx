import { createStore, InMemoryStorage, type Message, Messenger, SessionTokenSource, type Store, type User } from '@suhbat/client';
import { aziz, confessions, malika, tokenOf } from '@suhbat/client/testing/builders.ts';
import { FakeClock, settle } from '@suhbat/client/testing/fake-clock.ts';
import { FakeServer } from '@suhbat/client/testing/fake-server.ts';
import { act, type RenderResult, render } from '@testing-library/react';
import axe from 'axe-core';
import type { ReactNode } from 'react';
import { expect } from 'vitest';
import { Router } from 'wouter';
import { memoryLocation } from 'wouter/memory-location';
import { AppProvider, type Environment } from '../components/app.tsx';
import { type Chat, ChatContext } from '../components/chat/ChatContext.tsx';
import { Announcer } from '../components/status/Announcer.tsx';
import { type Locale, loadCatalog } from '../i18n/translate.ts';
import { keptSettings, type Settings } from '../settings.ts';

/** Everything around a component, in memory: a service with one conversation of Aziz and Malika, a clock that stands, an English page. */
export class Stage {
  readonly clock = new FakeClock();
  readonly server = new FakeServer(this.clock);
  readonly messenger: Messenger;
  readonly preferences: Store<Settings>;
  readonly location = memoryLocation({ path: '/', record: true });
  readonly copied: string[] = [];
  mayCopy = true;
  reloads = 0;
  outdated = false;
  readonly environment: Environment = {
    isVisible: () => true,
    onAttention: () => () => {},
    copy: text => {
      if (this.mayCopy) this.copied.push(text);
      return Promise.resolve(this.mayCopy);
    },
    reload: () => {
      this.reloads += 1;
    },
    isOutdated: () => Promise.resolve(this.outdated),
    notifications: null,
    emojiUrl: 'http://fake/emoji',
    asset: name => `http://fake/${name}`,
    embedded: false,
  };
  /** The requests of a chat's parts to the chat. */
  readonly asked: string[] = [];
  readonly #who: User;
  #ids = 0;

  constructor(who: User = aziz) {
    this.#who = who;
    const memory = new InMemoryStorage();
    const tokens = new SessionTokenSource(new InMemoryStorage());
    tokens.keep(tokenOf(who.id));
    this.server.room([aziz, malika], confessions[0] ?? null);
    this.preferences = createStore(() => keptSettings(memory));
    this.messenger = new Messenger({
      base: 'http://fake/',
      fetch: this.server.fetch,
      openSocket: this.server.openSocket,
      upload: () => Promise.reject(new Error('no upload expected')),
      clock: this.clock,
      random: () => 0.5,
      uuid: () => `uuid-${++this.#ids}`,
      memory,
      locks: { hold: () => Promise.resolve(() => {}), isHeld: () => Promise.resolve(false) },
      tokens,
      isOnline: () => true,
      report: fault => {
        throw new Error(fault);
      },
      schedule: flush => flush(),
    });
  }

  /** Signs in, and enters the conversation with this id. */
  async begin(enter: number | null = null): Promise<this> {
    await act(async () => {
      this.messenger.signIn(tokenOf(this.#who.id));
      await settle();
      if (enter !== null) this.messenger.history.enter(enter);
      await settle();
    });
    return this;
  }

  async show(part: ReactNode, locale: Locale = 'en'): Promise<RenderResult> {
    const catalog = await loadCatalog(locale);
    const shown = render(
      <AppProvider app={this} locale={locale} catalog={catalog}>
        <Router hook={this.location.hook} searchHook={this.location.searchHook}>
          <Announcer>{part}</Announcer>
        </Router>
      </AppProvider>,
    );
    await this.pass(0);
    return shown;
  }

  /** The same, as a part of the conversation. */
  inChat(part: ReactNode, more: Partial<Chat> = {}): Promise<RenderResult> {
    const ask = (what: string) => () => {
      this.asked.push(what);
    };
    const chat: Chat = {
      id: 1,
      isGroup: false,
      openMenu: ask('menu'),
      jump: id => this.asked.push(`jump ${id}`),
      reply: message => this.asked.push(`reply ${message.id}`),
      askDate: ask('date'),
      edit: id => this.asked.push(`edit ${id}`),
      discard: entry => this.asked.push(`discard ${entry.content}`),
      observe: () => () => {},
      setPlaying: ask('playing'),
      focusComposer: ask('composer'),
      ...more,
    };
    return this.show(<ChatContext value={chat}>{part}</ChatContext>);
  }

  async pass(milliseconds: number): Promise<void> {
    await act(() => this.clock.pass(milliseconds));
  }

  message(id: number): Message {
    const found = this.messenger.store.getState().held[1]?.messages.get(id);
    if (!found) throw new Error(`no message ${id}`);
    return found;
  }
}

/** Colours and visibility are judged in a real browser only; regions belong to the whole page. */
export async function expectAccessible(container: Element): Promise<void> {
  const { violations } = await axe.run(container, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)).toEqual([]);
}
