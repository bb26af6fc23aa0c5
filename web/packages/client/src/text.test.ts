import { describe, expect, it } from 'vitest';
import { PostMessageTokenSource } from './host-token.ts';
import { linkify } from './linkify.ts';
import { mergeMarks, ReadMarks } from './receipts.ts';
import { InMemoryStorage } from './storage.ts';
import { tokenOf } from './testing/builders.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { lengthOf, shownFileName, wellFormed } from './text.ts';
import { SessionTokenSource, userOf } from './token.ts';
import { TypingIndicators, TypingSender } from './typing.ts';
import { shares } from './upload.ts';

describe('phone numbers', () => {
  it('are links where they have their country code', () => {
    const found = (text: string) => linkify(text).flatMap(span => (span.kind === 'link' ? [[span.text, span.href]] : []));
    expect(found('Qoʻngʻiroq: +998 90 123-45-67, yoki tel:+998901234567.')).toEqual([
      ['+998 90 123-45-67', 'tel:+998901234567'],
      ['tel:+998901234567', 'tel:+998901234567'],
    ]);
    expect(found('(+7 (495) 123-45-67)')).toEqual([['+7 (495) 123-45-67', 'tel:+74951234567']]);
    for (const text of [
      '2+2345678901',
      '+1 million',
      '01.12.2026 10:30',
      '+12345678901234567890',
      'x+998901234567',
      '8600 1234 5678 9012',
    ]) {
      expect(found(text)).toEqual([]);
    }
  });
});

const links = (text: string) => linkify(text).filter(span => span.kind === 'link');

describe('links in text', () => {
  it.each([
    ['see https://suhbat.uz/a?b=1.', 'https://suhbat.uz/a?b=1'],
    ['(https://ru.wikipedia.org/wiki/Самарканд_(город))', 'https://ru.wikipedia.org/wiki/Самарканд_(город)'],
    ['www.suhbat.uz, then', 'www.suhbat.uz'],
    ['write to malika@suhbat.uz!', 'malika@suhbat.uz'],
    ['“http://localhost:8000/x”', 'http://localhost:8000/x'],
  ])('finds the link in %s', (text, shown) => {
    expect(links(text).map(span => span.text)).toEqual([shown]);
    expect(
      linkify(text)
        .map(span => span.text)
        .join(''),
    ).toBe(text);
  });

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt://x.uz/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:msgbox',
    'file:///etc/passwd',
    'https://user:pass@evil.uz/',
    'https://',
    'http://intranet/',
    '<img src=x onerror=alert(1)>',
    'blob:https://x.uz/1',
  ])('makes no link of %s', text => {
    expect(links(text)).toEqual([]);
    expect(
      linkify(text)
        .map(span => span.text)
        .join(''),
    ).toBe(text);
  });

  it.each(['-'.repeat(100_000), `https://suhbat.uz/${')'.repeat(100_000)}`, `https://suhbat.uz/${'.'.repeat(100_000)}x`])(
    'takes no time over a long text made to slow it down (%#)',
    text => {
      const from = performance.now();
      linkify(text);
      expect(performance.now() - from).toBeLessThan(2_000);
    },
  );

  it('shows a host of mixed scripts as what it is', () => {
    expect(links('https://pаypal.com/')[0]?.text).toContain('xn--');
    expect(links('https://почта.рф/')[0]?.text).toBe('https://почта.рф/');
  });
});

describe('text', () => {
  it('counts code points, as the service does', () => {
    expect(lengthOf('a👨‍👩‍👧б')).toBe(7);
  });
  it('repairs what cannot be sent', () => {
    expect(wellFormed('a\ud800b\0c')).toBe('a\ufffdbc');
  });
  it('shows bidi controls of a file name', () => {
    expect(shownFileName('cod\u202eexe.doc')).toBe('cod\ufffdexe.doc');
  });
});

describe('tokens', () => {
  it('knows whose token it is', () => {
    expect(userOf(tokenOf(7))).toBe(7);
    expect(userOf('nonsense')).toBeNull();
  });
  it('forgets a kept token', () => {
    const token = new SessionTokenSource(new InMemoryStorage());
    token.keep('x');
    expect(token.current()).toBe('x');
    token.forget();
    expect(token.current()).toBeNull();
  });
  it('takes a handed token only from an allowed origin, and asks again when it was refused', async () => {
    let say: (origin: string, data: unknown) => void = () => {};
    const asked: string[] = [];
    const clock = new FakeClock();
    const messenger = { origin: () => null, listen: (on: typeof say) => (say = on), ask: (origin: string) => asked.push(origin) };
    const token = new PostMessageTokenSource(messenger, ['https://platform.uz'], clock);
    say('https://evil.uz', { type: 'suhbat:token', token: 'bad' });
    say('https://platform.uz', { type: 'other', token: 'bad' });
    expect(token.current()).toBeNull();
    say('https://platform.uz', { type: 'suhbat:token', token: 'good' });
    expect(token.current()).toBe('good');
    const renewed = token.renew();
    // Calls made meanwhile use the language at hand.
    expect(token.current()).toBe('good');
    expect(asked).toEqual(['https://platform.uz']);
    say('https://platform.uz', { type: 'suhbat:token', token: 'newer' });
    expect(await renewed).toBe('newer');
    const unanswered = token.renew();
    await clock.pass(10_000);
    expect(await unanswered).toBeNull();
  });
  it('asks its own parent only, where the browser tells which that is', () => {
    const asked: string[] = [];
    const parent = { origin: () => 'https://b.uz', listen: () => {}, ask: (origin: string) => asked.push(origin) };
    void new PostMessageTokenSource(parent, ['https://a.uz', 'https://b.uz'], new FakeClock()).renew();
    expect(asked).toEqual(['https://b.uz']);
  });
  it('gives nothing of another person to those who asked for the one before', async () => {
    let say: (origin: string, data: unknown) => void = () => {};
    const messenger = { origin: () => null, listen: (on: typeof say) => (say = on), ask: () => {} };
    const token = new PostMessageTokenSource(messenger, ['https://platform.uz'], new FakeClock());
    const hand = (of: number) => say('https://platform.uz', { type: 'suhbat:token', token: tokenOf(of) });
    hand(1);
    const asked = token.renew();
    hand(2);
    expect(await asked).toBeNull();
    expect(token.current()).toBe(tokenOf(2));
  });
});

describe('typing', () => {
  it('is sent at most every three seconds, and false once', async () => {
    const clock = new FakeClock();
    const sent: [number, boolean][] = [];
    const typing = new TypingSender(clock, (conversation, on) => sent.push([conversation, on]));
    for (let i = 0; i < 7; i += 1) {
      typing.typed(1);
      await clock.pass(1_000);
    }
    typing.stop();
    typing.stop();
    expect(sent).toEqual([
      [1, true],
      [1, true],
      [1, true],
      [1, false],
    ]);
  });
  it('of others goes by itself after seven seconds', async () => {
    const clock = new FakeClock();
    const shown: number[][] = [];
    const board = new TypingIndicators(clock, (_, users) => shown.push(users));
    board.hear(1, 5, true);
    await clock.pass(6_000);
    board.hear(1, 5, true);
    await clock.pass(6_900);
    expect(shown).toEqual([[5]]);
    await clock.pass(200);
    expect(shown).toEqual([[5], []]);
  });
});

describe('marks', () => {
  it('never go back, wait for a socket, and go again after a reconnect', () => {
    const sent: number[] = [];
    let live = false;
    const marks = new ReadMarks((_, upTo) => {
      if (live) sent.push(upTo);
      return live;
    });
    marks.read(1, 5);
    live = true;
    marks.again();
    marks.read(1, 3);
    marks.read(1, 9);
    expect(sent).toEqual([5, 9]);
    marks.again();
    expect(sent).toEqual([5, 9, 9]);
  });
  it('of others only grow', () => {
    const held = { user_id: 1, delivered_up_to: 9, read_up_to: 5, read_at: 'a' };
    expect(mergeMarks(held, { user_id: 1, delivered_up_to: 3, read_up_to: 4, read_at: 'b' })).toEqual(held);
    expect(mergeMarks(held, { user_id: 1, delivered_up_to: null, read_up_to: 12, read_at: 'b' })).toEqual({
      user_id: 1,
      delivered_up_to: 12,
      read_up_to: 12,
      read_at: 'b',
    });
  });
});

describe('upload progress', () => {
  it('is told per file from one total', () => {
    expect(shares([100, 300], 0, 400)).toEqual([0, 0]);
    expect(shares([100, 300], 150, 400)).toEqual([100, 50]);
    expect(shares([100, 300], 400, 400)).toEqual([100, 300]);
    expect(shares([100, 300], 430, 430)).toEqual([100, 300]);
  });
});
