import { describe, expect, it } from 'vitest';
import { ApiError } from './api.ts';
import { aziz, file } from './testing/builders.ts';
import { settle } from './testing/fake-clock.ts';
import { isSend, refuse } from './testing/fake-server.ts';
import { Harness } from './testing/harness.ts';

describe('the outbox with an upload under way', () => {
  /** A client whose uploads wait until the test answers them. */
  const uploading = async () => {
    const h = await new Harness().live();
    const uploads: { names: string[]; store: () => void; fail: () => void }[] = [];
    h.upload = request => {
      const names = request.files.map(f => f.name);
      return new Promise<never>((resolve, reject) => {
        request.signal.addEventListener('abort', () => reject(new DOMException('x', 'AbortError')));
        const store = () => {
          const stored = h.server.say(1, aziz, names.join(), { client_id: request.fields['client_id'] ?? null });
          resolve(stored as never);
        };
        uploads.push({ names, store, fail: () => reject(new ApiError(0, 'network')) });
      });
    };
    h.client.send(1, '', null, [file('a.png')]);
    await settle();
    return { h, uploads };
  };

  it('sends the texts that were written after it, in their order', async () => {
    const { h, uploads } = await uploading();
    for (const text of ['one', 'two', 'three']) h.client.send(1, text);
    for (let i = 0; i < 5; i += 1) await settle();
    expect(h.stored).toEqual(['one', 'two', 'three']);
    expect(h.waiting.map(entry => [entry.files.length, entry.state])).toEqual([[1, 'sending']]);
    uploads[0]?.store();
    await settle();
    expect(h.stored).toEqual(['one', 'two', 'three', 'a.png']);
    expect(h.waiting).toEqual([]);
    expect(uploads).toHaveLength(1);
  });

  it('keeps the order of uploads, and begins none before the texts that were written before it', async () => {
    const { h, uploads } = await uploading();
    h.server.passes = () => false;
    h.client.send(1, 'text');
    h.client.send(1, '', null, [file('b.png')]);
    await settle();
    uploads[0]?.store();
    await settle();
    expect(uploads.map(upload => upload.names)).toEqual([['a.png']]);
    h.server.passes = () => true;
    await h.clock.pass(16_000);
    expect(uploads.map(upload => upload.names)).toEqual([['a.png'], ['b.png']]);
    uploads[1]?.store();
    await settle();
    expect(h.stored).toEqual(['text', 'a.png', 'b.png']);
    expect(h.waiting).toEqual([]);
  });

  it('goes on with it while a text waits for its time, and the other way round', async () => {
    const { h, uploads } = await uploading();
    h.server.intercept = request => (isSend(request) ? refuse(429, 'rate_limited', 20) : null);
    h.server.refuseWith = 1006;
    h.server.cut();
    h.client.send(1, 'patient');
    await h.clock.pass(1_000);
    expect(h.waiting.map(entry => entry.state)).toEqual(['sending', 'queued']);
    uploads[0]?.fail();
    h.server.intercept = () => null;
    await h.clock.pass(21_000);
    expect(h.stored).toEqual(['patient']);
    expect(uploads).toHaveLength(2);
    uploads[1]?.store();
    await settle();
    expect(h.stored).toEqual(['patient', 'a.png']);
  });

  it('sends what was in doubt again over a new socket, and leaves the upload alone', async () => {
    const { h, uploads } = await uploading();
    h.server.passes = () => false;
    h.client.send(1, 'once');
    await settle();
    h.server.passes = () => true;
    h.server.cut();
    await h.clock.pass(2_000);
    expect(h.stored).toEqual(['once']);
    expect(uploads).toHaveLength(1);
    uploads[0]?.store();
    await settle();
    expect(h.waiting).toEqual([]);
  });

  it('survives a reload: the texts go out, the files are named as lost', async () => {
    const { h } = await uploading();
    h.server.passes = () => false;
    h.server.online = false;
    h.server.cut();
    h.client.send(1, 'text');
    await settle();
    h.client.stop();
    const second = await new Harness(h.memory).live();
    await second.clock.pass(1_000);
    expect(second.stored).toEqual(['text']);
    expect(second.waiting.map(entry => entry.code)).toEqual(['files_lost']);
  });

  it('lets the text of a message go as a text when its last file is taken out', async () => {
    const { h, uploads } = await uploading();
    h.client.send(1, 'with text', null, [file('b.png')]);
    h.client.removeFile(h.waiting[1]?.clientId ?? '', 0);
    await settle();
    expect(h.stored).toEqual(['with text']);
    expect(uploads).toHaveLength(1);
  });
});
