import { ApiError } from './api.ts';
import { Backoff } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { type ClientFrame, parseFrame, type ReadyFrame, type ServerFrame } from './frames.ts';

export type WaitReason = 'network' | 'offline' | 'restarting' | 'too-many-tabs' | 'our-fault';

export type ConnectionState =
  | { kind: 'idle' }
  | { kind: 'ticketing' | 'connecting' | 'greeting' }
  | { kind: 'live'; since: number }
  | { kind: 'waiting'; until: number; reason: WaitReason }
  | { kind: 'stopped'; reason: 'signed-out' | 'closed' };

/** The part of a browser's WebSocket that the connection needs. */
export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  onerror: (() => void) | null;
}

export interface ConnectionPorts {
  clock: Clock;
  random: () => number;
  /** A fresh ticket for every attempt, unless it is given up. */
  ticket: (signal: AbortSignal) => Promise<string>;
  /** Asked once after 4401; null means signed out. It ends by itself. */
  renew: () => Promise<string | null>;
  open: (ticket: string) => Socket;
  /** The conversation on screen, whose `last_seq` the pong shall carry. */
  watched: () => number | null;
  isOnline: () => boolean;
  /** Receives the epoch of the service's database, before anything goes out on a new socket. */
  onEpoch: (epoch: string | undefined) => void;
  onFrame: (frame: ServerFrame) => void;
  onState: (state: ConnectionState) => void;
  /** Reports a fault that should not happen to the operators of the page. */
  report: (fault: string) => void;
}

/** The time limits of the steps to a live socket, in milliseconds. */
const STEP = 10_000;
const SETTLED = 10_000;
const TOO_MANY = 60_000;
/** A hidden page's timers may run only once a minute, so its socket is quiet for that long and yet healthy. */
const THROTTLED = 90_000;
const WAKING = 10_000;
const DEFAULT_HEARTBEAT = 25_000;

/** The one socket of a tab: `idle → ticketing → connecting → greeting → live`, from each to `waiting` or `stopped`. */
export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #backoff: Backoff;
  #state: ConnectionState = { kind: 'idle' };
  #socket: Socket | null = null;
  #asking: AbortController | null = null;
  #attempt = 0;
  #timer: Timer | null = null;
  #pulse: Timer | null = null;
  #heartbeat = DEFAULT_HEARTBEAT;
  #heard = 0;
  /** The time of the last ping. */
  #pinged = 0;
  #renewed = false;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
    this.#backoff = new Backoff(ports.random);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isLive(): boolean {
    return this.#state.kind === 'live';
  }

  start(): void {
    if (this.#state.kind === 'idle' || this.#state.kind === 'stopped') {
      this.#renewed = false;
      void this.#try();
    }
  }

  /** Cuts a wait short: the network came back, the tab is shown, or the person asked. */
  hurry(): void {
    if (this.#state.kind === 'waiting') void this.#try();
  }

  /** The network is lost, and the browser knows it at once, where a socket would be found dead a minute later. */
  offline(): void {
    if (this.#state.kind !== 'idle' && this.#state.kind !== 'stopped') this.#lost('offline');
  }

  /** After a sleep the timers slept too, so clocks are compared first. */
  wake(): void {
    const { clock } = this.#ports;
    if (!this.isLive) this.hurry();
    else if (clock.now() - this.#heard > Math.max(THROTTLED, 2 * this.#heartbeat)) this.#lost('network', 0);
    else {
      this.#ping();
      this.#beat(WAKING);
    }
  }

  stop(reason: 'signed-out' | 'closed'): void {
    this.#drop();
    this.#become({ kind: 'stopped', reason });
  }

  /** False where there is no live socket to send on. */
  send(frame: ClientFrame): boolean {
    if (!this.isLive || !this.#socket) return false;
    try {
      this.#socket.send(JSON.stringify(frame));
      return true;
    } catch {
      return false;
    }
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#ports.onState(state);
  }

  #step(kind: 'ticketing' | 'connecting' | 'greeting'): void {
    const { clock } = this.#ports;
    clock.cancel(this.#timer);
    this.#timer = clock.after(STEP, () => this.#lost('network'));
    this.#become({ kind });
  }

  async #try(): Promise<void> {
    this.#drop();
    const attempt = this.#attempt;
    if (!this.#ports.isOnline()) {
      this.#wait('offline', this.#backoff.next());
      return;
    }
    this.#step('ticketing');
    this.#asking = new AbortController();
    let ticket: string;
    try {
      ticket = await this.#ports.ticket(this.#asking.signal);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      if (error instanceof ApiError && error.status === 401) this.stop('signed-out');
      else this.#lost('network', error instanceof ApiError ? (error.retryAfter ?? undefined) : undefined);
      return;
    }
    if (attempt !== this.#attempt) return;
    this.#step('connecting');
    const socket = this.#ports.open(ticket);
    this.#socket = socket;
    const mine = (action: () => void) => () => {
      if (this.#socket === socket) action();
    };
    socket.onopen = mine(() => this.#step('greeting'));
    socket.onerror = null;
    socket.onmessage = event => {
      if (this.#socket === socket) this.#hear(event.data);
    };
    socket.onclose = event => {
      if (this.#socket === socket) this.#closed(event.code);
    };
  }

  #hear(data: unknown): void {
    this.#heard = this.#ports.clock.now();
    const frame = parseFrame(data);
    if (typeof frame === 'string') {
      this.#ports.report(frame);
      return;
    }
    if (frame.type === 'ready' || frame.type === 'pong') this.#ports.onEpoch(frame.epoch);
    if (frame.type === 'ready') this.#greeted(frame);
    this.#ports.onFrame(frame);
  }

  #greeted(frame: ReadyFrame): void {
    const { clock } = this.#ports;
    if (frame.heartbeat_seconds > 0) this.#heartbeat = frame.heartbeat_seconds * 1000;
    if (this.#timer !== null) clock.cancel(this.#timer);
    this.#timer = clock.after(SETTLED, () => {
      this.#backoff.reset();
      this.#renewed = false;
    });
    this.#become({ kind: 'live', since: clock.now() });
    this.#beat();
  }

  /** The socket is dead when a ping was not answered in time. Silence alone proves nothing: our timers may be late. */
  #beat(patience = this.#heartbeat): void {
    const { clock } = this.#ports;
    if (this.#pulse !== null) clock.cancel(this.#pulse);
    this.#pulse = clock.after(patience, () => {
      if (this.#pinged > this.#heard) {
        this.#lost('network');
        return;
      }
      this.#ping();
      this.#beat();
    });
  }

  #ping(): void {
    this.#pinged = this.#ports.clock.now();
    const conversation = this.#ports.watched();
    this.send(conversation === null ? { type: 'ping' } : { type: 'ping', conversation });
  }

  #closed(code: number): void {
    const { random } = this.#ports;
    switch (code) {
      case 4401:
        void this.#renew();
        return;
      case 4429:
        this.#lost('too-many-tabs', TOO_MANY + random() * 10_000);
        return;
      case 1012:
        this.#lost('restarting', random() * 5_000);
        return;
      case 1013:
        this.#lost('network', 0);
        return;
      case 1008:
      case 1009:
        this.#ports.report(`the service closed the socket with ${code}`);
        this.#lost('our-fault', this.#backoff.slowest());
        return;
      default:
        this.#lost('network');
    }
  }

  async #renew(): Promise<void> {
    this.#drop();
    const attempt = this.#attempt;
    if (this.#renewed) {
      this.stop('signed-out');
      return;
    }
    this.#renewed = true;
    this.#become({ kind: 'ticketing' });
    try {
      const token = await this.#ports.renew();
      if (attempt !== this.#attempt) return;
      if (token === null) this.stop('signed-out');
      else void this.#try();
    } catch {
      if (attempt !== this.#attempt) return;
      // The request for a token failed, so whether the session has ended is not known.
      this.#renewed = false;
      this.#lost('network');
    }
  }

  #lost(reason: WaitReason, delay?: number): void {
    this.#drop();
    this.#wait(this.#ports.isOnline() ? reason : 'offline', delay ?? this.#backoff.next());
  }

  #wait(reason: WaitReason, delay: number): void {
    const { clock } = this.#ports;
    this.#timer = clock.after(delay, () => void this.#try());
    this.#become({ kind: 'waiting', until: clock.now() + delay, reason });
  }

  /** Lets go of the socket and every timer; their later events are ignored. */
  #drop(): void {
    this.#attempt += 1;
    const { clock } = this.#ports;
    if (this.#timer !== null) clock.cancel(this.#timer);
    if (this.#pulse !== null) clock.cancel(this.#pulse);
    this.#timer = null;
    this.#pulse = null;
    this.#asking?.abort();
    this.#asking = null;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    try {
      socket.close();
    } catch {
      // It was closed already.
    }
  }
}
