import { describe, expect, it } from 'vitest';
import { ApiError } from './api.ts';
import { canRetry } from './entry.ts';
import { aziz, file, malika, tokenOf } from './testing/builders.ts';
import { settle } from './testing/fake-clock.ts';
import { isSend, refuse } from './testing/fake-server.ts';
import { Harness } from './testing/harness.ts';

/** Web Locks of one browser, shared by its tabs. */
class SharedLocks {
  readonly #last = new Map<string, Promise<void>>();
  readonly #held = new Set<string>();

  async hold(name: string): Promise<() => void> {
    const before = this.#last.get(name);
    let release = () => {};
    const held = new Promise<void>(resolve => {
      release = () => {
        this.#held.delete(name);
        resolve();
      };
    });
    this.#last.set(name, held);
    await before;
    this.#held.add(name);
    return release;
  }

  isHeld(name: string): Promise<boolean> {
    return Promise.resolve(this.#held.has(name));
  }
}

describe('the outbox', () => {
  it('sends over the socket and is empty after the acknowledgement', async () => {
    const h = await new Harness().live();
    h.client.send(1, 'salom');
    await settle();
    expect(h.stored).toEqual(['salom']);
    expect(h.waiting).toHaveLength(0);
    expect(h.of('sent')).toHaveLength(1);
  });

  it('keeps the order of a lane', async () => {
    const h = await new Harness().live();
    for (let i = 0; i < 100; i += 1) h.client.send(1, `m${i}`);
    for (let i = 0; i < 110; i += 1) await settle();
    expect(h.stored).toEqual(Array.from({ length: 100 }, (_, i) => `m${i}`));
  });

  it('sends again under the same client_id when the acknowledgement is lost, and it is stored once', async () => {
    const h = await new Harness().live();
    h.server.passes = () => false;
    h.client.send(1, 'once');
    await settle();
    expect(h.waiting).toHaveLength(1);
    h.server.passes = () => true;
    await h.clock.pass(16_000);
    expect(h.stored).toEqual(['once']);
    expect(h.waiting).toHaveLength(0);
  });

  it('takes its own message for an acknowledgement', async () => {
    const h = await new Harness().live();
    h.server.passes = frame => frame['type'] !== 'ack';
    h.client.send(1, 'once');
    await settle();
    expect(h.waiting).toHaveLength(0);
    expect(h.of('sent')).toHaveLength(1);
  });

  it.each(['page', 'changes'] as const)('is done with what was stored before a reload, once the %s shows it', async way => {
    const first = await new Harness().live();
    first.server.passes = () => false;
    const { clientId } = first.client.send(1, 'stored');
    await settle();
    first.client.stop();
    const second = new Harness(first.memory);
    second.clock.sleep(2 * 60 * 60_000);
    second.server.say(1, aziz, 'stored', { client_id: clientId });
    await second.live();
    expect(second.waiting.map(entry => entry.code)).toEqual(['not_sent']);
    if (way === 'page') await second.client.api.messages({ conversation: 1 });
    else {
      const sequence = second.client.follow(1);
      sequence.begin(0);
      sequence.behind(1);
      await settle();
    }
    expect(second.waiting).toEqual([]);
    expect(second.memory.keys('suhbat:outbox')).toEqual([]);
  });

  it('does not take over what a page showed meanwhile', async () => {
    const first = await new Harness().live();
    first.server.passes = () => false;
    const { clientId } = first.client.send(1, 'stored');
    first.client.stop();
    const second = new Harness(first.memory);
    let grant = () => {};
    second.locks.hold = () => new Promise(resolve => (grant = () => resolve(() => {})));
    second.server.say(1, aziz, 'stored', { client_id: clientId });
    await second.live();
    await second.client.api.messages({ conversation: 1 });
    grant();
    await settle();
    grant();
    await settle();
    expect(second.of('outbox').flatMap(event => event.entries)).toEqual([]);
  });

  it('repeats what was in flight after a reconnect', async () => {
    const h = await new Harness().live();
    h.server.passes = () => false;
    h.client.send(1, 'a');
    h.client.send(1, 'b');
    await settle();
    h.server.passes = () => true;
    h.server.cut();
    await h.clock.pass(2_000);
    expect(h.stored).toEqual(['a', 'b']);
    expect(h.waiting).toHaveLength(0);
  });

  it('lets a refused message step aside', async () => {
    const h = await new Harness().live();
    for (const text of ['first', 'REFUSE me', 'third']) h.client.send(1, text);
    await settle();
    await settle();
    expect(h.stored).toEqual(['first', 'third']);
    expect(h.waiting.map(entry => [entry.content, entry.state, entry.code])).toEqual([['REFUSE me', 'failed', 'invalid_content']]);
    const failed = h.waiting[0];
    if (failed) h.client.discard(failed.clientId);
    expect(h.waiting).toHaveLength(0);
  });

  it('goes over REST while there is no socket, and waits as long as Retry-After says', async () => {
    const h = await new Harness().live();
    h.server.refuseWith = 1006;
    h.server.cut();
    h.server.intercept = request =>
      request.path === 'messaging/messages/' && request.method === 'POST' ? refuse(429, 'rate_limited', 7) : null;
    h.client.send(1, 'patient');
    await settle();
    h.server.intercept = () => null;
    await h.clock.pass(6_500);
    expect(h.stored).toEqual([]);
    await h.clock.pass(1_000);
    expect(h.stored).toEqual(['patient']);
  });

  it('waits as long as Retry-After says also over a reconnect', async () => {
    const h = await new Harness().live();
    h.server.intercept = request => (isSend(request) ? refuse(429, 'rate_limited', 20) : null);
    h.server.cut();
    h.client.send(1, 'patient');
    await h.clock.pass(15_000);
    expect(h.client.connection.isLive).toBe(true);
    expect(h.stored).toEqual([]);
    await h.clock.pass(6_000);
    expect(h.stored).toEqual(['patient']);
  });

  it('survives a reload, in order, and is sent by the next page', async () => {
    const first = await new Harness().live();
    first.server.online = false;
    first.server.cut();
    for (const text of ['one', 'two', 'three']) first.client.send(1, text);
    await settle();
    first.client.stop();
    const second = await new Harness(first.memory).live();
    await second.clock.pass(1_000);
    expect(second.stored).toEqual(['one', 'two', 'three']);
    expect(second.memory.keys('suhbat:outbox')).toEqual([]);
  });

  it('asks about what is older than an hour', async () => {
    const first = await new Harness().live();
    first.server.online = false;
    first.server.cut();
    first.client.send(1, 'old');
    first.client.stop();
    const second = new Harness(first.memory);
    second.clock.sleep(2 * 60 * 60_000);
    await second.live();
    expect(second.waiting.map(entry => [entry.state, entry.code])).toEqual([['failed', 'not_sent']]);
    const entry = second.waiting[0];
    if (entry) second.client.retry(entry.clientId);
    await settle();
    expect(second.stored).toEqual(['old']);
  });

  it('ages over every reload', async () => {
    let { memory } = await new Harness().live();
    for (const minutes of [0, 40, 80]) {
      const h = new Harness(memory);
      h.server.online = false;
      h.clock.sleep(minutes * 60_000);
      await h.live();
      if (minutes === 0) h.client.send(1, 'old');
      expect(h.waiting.map(entry => entry.code)).toEqual([minutes > 60 ? 'not_sent' : null]);
      h.client.stop();
      memory = h.memory;
    }
  });

  it('goes to one of two tabs that open together', async () => {
    const first = await new Harness().live();
    first.server.online = false;
    first.server.cut();
    first.client.send(1, 'left');
    first.client.stop();
    const locks = new SharedLocks();
    const tabs = [new Harness(first.memory), new Harness(first.memory)];
    for (const tab of tabs) {
      tab.locks = locks;
      tab.server.online = false;
      tab.client.start();
    }
    await settle();
    expect(tabs.map(tab => tab.waiting.length)).toEqual([1, 0]);
  });

  it('is taken over where the browser does not tell which tabs live', async () => {
    const first = await new Harness().live();
    first.server.online = false;
    first.server.cut();
    first.client.send(1, 'left');
    first.client.stop();
    const second = new Harness(first.memory);
    second.locks.isHeld = () => Promise.reject(new DOMException('no', 'InvalidStateError'));
    await second.live();
    await settle();
    expect(second.stored).toEqual(['left']);
  });

  it('does not take what another living tab is sending', async () => {
    const first = await new Harness().live();
    first.server.online = false;
    first.server.cut();
    first.client.send(1, 'mine');
    const second = new Harness(first.memory);
    second.tabIsAlive = true;
    await second.live();
    expect(second.waiting).toHaveLength(0);
    expect(second.stored).toEqual([]);
  });

  it('uploads files over REST with their progress, and one taken out in flight lets the rest go', async () => {
    const h = await new Harness().live();
    const uploads: string[][] = [];
    h.upload = request => {
      uploads.push(request.files.map(f => f.name));
      request.onProgress([5, 0], false);
      return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new DOMException('x', 'AbortError'))));
    };
    h.client.send(1, '', null, [file('a.png'), file('b.png')]);
    await settle();
    expect(h.waiting[0]?.progress).toEqual([5, 0]);
    const clientId = h.waiting[0]?.clientId ?? '';
    h.client.removeFile(clientId, 0);
    await settle();
    expect(uploads).toEqual([['a.png', 'b.png'], ['b.png']]);
    h.client.removeFile(clientId, 0);
    expect(h.waiting).toHaveLength(0);
  });

  it('begins an upload again that stands still for a minute', async () => {
    const h = await new Harness().live();
    const progress: (() => void)[] = [];
    h.upload = request => {
      progress.push(() => request.onProgress([5], false));
      return new Promise((_, reject) => request.signal.addEventListener('abort', () => reject(new DOMException('x', 'AbortError'))));
    };
    h.client.send(1, '', null, [file('a.png')]);
    for (let minutes = 0; minutes < 3; minutes += 1) {
      await h.clock.pass(50_000);
      progress[0]?.();
    }
    expect(progress).toHaveLength(1);
    await h.clock.pass(61_000);
    expect(progress).toHaveLength(2);
    expect(h.waiting[0]).toMatchObject({ state: 'sending', progress: [0] });
  });

  it('marks a refused upload with its code', async () => {
    const h = await new Harness().live();
    h.upload = () => Promise.reject(new ApiError(415, 'unsupported_file_type'));
    h.client.send(1, '', null, [file('a.png')]);
    await settle();
    expect(h.waiting[0]?.code).toBe('unsupported_file_type');
  });

  it('gives up a text that hangs in a request, and lets the lane go on', async () => {
    const h = await new Harness().live();
    h.server.refuseWith = 1006;
    h.server.cut();
    h.server.intercept = request => (isSend(request) ? new Promise<Response>(() => {}) : null);
    h.client.send(1, 'first');
    h.client.send(1, 'second');
    await h.clock.pass(1_000);
    h.server.intercept = () => null;
    await h.clock.pass(20_000);
    expect(h.stored).toEqual(['first', 'second']);
  });

  it('sends a text that hangs in a request over the new socket', async () => {
    const h = await new Harness().live();
    h.server.cut();
    h.server.intercept = request => (isSend(request) ? new Promise<Response>(() => {}) : null);
    h.client.send(1, 'hung');
    await h.clock.pass(2_000);
    expect(h.client.connection.isLive).toBe(true);
    expect(h.stored).toEqual(['hung']);
    expect(h.waiting).toHaveLength(0);
  });

  it('leaves the next person signed in when an upload of the last one is refused late', async () => {
    const h = await new Harness().live();
    let refuseLate = () => {};
    h.upload = () =>
      new Promise((_, reject) => {
        const refused = () => reject(new ApiError(401, 'token_expired'));
        if (h.tokens.current() === 'newer') refuseLate = refused;
        else refused();
      });
    h.tokens.renew = () => {
      h.tokens.keep('newer');
      return Promise.resolve('newer');
    };
    h.client.send(1, '', null, [file('a.png')]);
    await h.clock.pass(1_000);
    h.client.stop();
    h.tokens.keep(tokenOf(malika.id));
    refuseLate();
    await h.clock.pass(1_000);
    expect(h.tokens.current()).toBe(tokenOf(malika.id));
    expect(h.of('signed-out')).toEqual([]);
  });

  it('waits while nobody is signed in, and goes on afterwards', async () => {
    const h = await new Harness().live();
    let uploads = 0;
    h.upload = () => {
      uploads += 1;
      return Promise.reject(new ApiError(401, 'token_expired'));
    };
    h.client.send(1, '', null, [file('a.png')]);
    await h.clock.pass(60_000);
    h.client.send(1, 'text');
    await h.clock.pass(60_000);
    expect(h.client.connection.state.kind).toBe('stopped');
    expect(uploads).toBe(1);
    expect(h.waiting.map(entry => entry.state)).toEqual(['queued', 'queued']);
    h.upload = () => Promise.resolve({ id: 900, seq: 900 } as never);
    h.tokens.keep(tokenOf(aziz.id));
    h.client.start();
    await h.clock.pass(1_000);
    expect(h.waiting).toHaveLength(0);
    expect(h.stored).toEqual(['text']);
  });

  it('keeps a refusal over a reload, so that nothing refused goes out by itself', async () => {
    const first = await new Harness().live();
    first.client.send(1, 'REFUSE me');
    await settle();
    first.client.stop();
    const second = new Harness(first.memory);
    second.server.online = false;
    await second.live();
    expect(second.waiting.map(entry => [entry.state, entry.code])).toEqual([['failed', 'invalid_content']]);
  });

  it('retries from now on, also over a reload', async () => {
    const first = await new Harness().live();
    first.client.send(1, 'REFUSE me');
    await settle();
    first.server.online = false;
    first.server.cut();
    first.clock.sleep(2 * 60 * 60_000);
    first.client.retry(first.waiting[0]?.clientId ?? '');
    const written = first.waiting[0]?.createdAt;
    first.client.stop();
    const second = new Harness(first.memory);
    second.server.online = false;
    second.clock.sleep(2 * 60 * 60_000);
    await second.live();
    expect(second.waiting.map(entry => [entry.createdAt, entry.code])).toEqual([[written, null]]);
  });

  it('cannot retry what was nothing but files, once they are lost, and never sends the rest unasked', async () => {
    const first = await new Harness().live();
    first.server.online = false;
    first.server.cut();
    first.upload = () => new Promise(() => {});
    first.client.send(1, '', null, [file('a.png')]);
    first.client.send(1, 'with text', null, [file('b.png')]);
    first.client.stop();
    const second = await new Harness(first.memory).live();
    second.client.stop();
    const third = await new Harness(first.memory).live();
    expect(third.waiting.map(entry => [entry.code, canRetry(entry)])).toEqual([
      ['files_lost', false],
      ['files_lost', true],
    ]);
    for (const entry of third.waiting) third.client.retry(entry.clientId);
    await settle();
    expect(third.stored).toEqual(['with text']);
    expect(third.waiting.map(entry => entry.state)).toEqual(['failed']);
  });

  it('retries a reply to what was deleted as a message of its own', async () => {
    const h = await new Harness().live();
    h.server.refuseWith = 1006;
    h.server.cut();
    h.server.intercept = request => (isSend(request) ? refuse(400, 'invalid_reply') : null);
    const gone = { id: 99, sender: malika, content: 'gone', attachments: [], created_at: '', is_deleted: false };
    h.client.send(1, 'answer', gone);
    await settle();
    expect(h.waiting[0]?.code).toBe('invalid_reply');
    h.server.intercept = () => null;
    h.client.retry(h.waiting[0]?.clientId ?? '');
    await settle();
    expect(h.server.requests.at(-1)?.body).not.toHaveProperty('reply_to');
    expect(h.stored).toEqual(['answer']);
  });

  it("dates what is written by the server's clock", async () => {
    const h = await new Harness().live();
    const told = h.clock.now() + 3 * 60 * 60_000;
    h.server.tell({ type: 'ready', user_id: 1, online: [], server_time: new Date(told).toISOString(), heartbeat_seconds: 25 });
    expect(h.client.send(1, 'on time').createdAt).toBe(told);
  });
});
