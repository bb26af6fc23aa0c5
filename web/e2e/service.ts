import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECRET = 'a secret for browser tests, long enough for HS256';

/** Named by `scripts/browser`; a program that happens to lie about might be an old one. */
function binary(): string {
  const named = process.env['SUHBAT_BIN'];
  if (!named || !existsSync(named)) throw new Error('no suhbat program: use scripts/browser, or name one in SUHBAT_BIN');
  return named;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

export interface Directory {
  users: { id: number; username: string; first_name?: string; last_name?: string; role: string }[];
  confessions: { id: number; name: string; slug: string; admin_id: number }[];
  subscriptions: { user_id: number; confession_id: number }[];
}

/** The real binary with its embedded database in a folder of its own, on a free port. */
export class Service {
  readonly folder = mkdtempSync(join(tmpdir(), 'suhbat-web-'));
  readonly port: number;
  #process: ChildProcess | null = null;
  readonly #settings: Record<string, string>;
  #log = '';

  private constructor(port: number, settings: Record<string, string>) {
    this.port = port;
    this.#settings = { ...settings };
  }

  static async start(directory: Directory | null, settings: Record<string, string> = {}): Promise<Service> {
    const service = new Service(await freePort(), settings);
    await service.up(directory === null);
    // Over HTTP: `suhbat import` would start the program twice for each test.
    const [someone] = directory?.users ?? [];
    if (someone) await service.api(someone.id, 'POST', 'directory/import/', directory, 'directory');
    return service;
  }

  /** The end of the program's output. */
  get log(): string {
    return this.#log;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async up(demo = false): Promise<void> {
    const child = spawn(binary(), demo ? ['serve', '--demo'] : ['serve'], { cwd: this.folder, env: this.#environment() });
    this.#process = child;
    const keep = (data: Buffer) => {
      this.#log = (this.#log + data.toString()).slice(-20_000);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const deadline = Date.now() + 30_000;
    while (Date.now() < deadline) {
      if (child.exitCode !== null) throw new Error(`suhbat ended:\n${this.#log}`);
      try {
        if ((await fetch(`${this.url}/readyz`)).ok) return;
      } catch {
        // Not listening yet.
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    throw new Error(`suhbat did not get ready:\n${this.#log}`);
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  stopInOrder(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** A consistent copy of the database, while the service runs. */
  backup(file: string): void {
    this.#run('backup', file);
  }

  /** Puts a copy back in the place of the database; the service has to be down. */
  restore(file: string): void {
    this.#run('restore', file);
  }

  /** Goes on with a new database of the PostgreSQL server, which gets everything; the service has to be down. */
  transfer(): void {
    const server = process.env['SUHBAT_POSTGRES'];
    if (!server) throw new Error('no PostgreSQL server: use scripts/browser, or name one in SUHBAT_POSTGRES');
    const name = `browser_${process.pid}_${this.port}`;
    execFileSync('psql', ['--quiet', '--command', `CREATE DATABASE ${name}`, `${server}/postgres`]);
    this.#run('transfer', '--to', `${server}/${name}`);
    // A service that went on with it would be noticed.
    renameSync(join(this.folder, 'data/suhbat.db'), join(this.folder, 'transferred.db'));
    this.#settings['SUHBAT__DATABASE__URL'] = `${server}/${name}`;
  }

  /** Goes on as one of several nodes; the service has to be down. */
  shareBus(): void {
    const bus = process.env['SUHBAT_REDIS'];
    if (!bus) throw new Error('no Redis server: use scripts/browser, or name one in SUHBAT_REDIS');
    this.#settings['SUHBAT__BUS__URL'] = bus;
  }

  /** Another node on the same database server, bus and files. */
  async twin(): Promise<Service> {
    const settings = { ...this.#settings, SUHBAT__OBJECTS__URL: `file://${join(this.folder, 'data/objects')}` };
    const twin = new Service(await freePort(), settings);
    await twin.up();
    return twin;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise(resolve => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  /** As `suhbat token` mints it, without starting a program each time. */
  token(user: number, scope?: string, ttl = 3600): string {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + ttl;
    const claims = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ token_type: 'access', user_id: user, exp, ...(scope ? { scope } : {}) })}`;
    return `${claims}.${createHmac('sha256', SECRET).update(claims).digest('base64url')}`;
  }

  async api(user: number, method: string, path: string, body?: unknown, scope?: string): Promise<unknown> {
    const init: RequestInit = {
      method,
      headers: { authorization: `Bearer ${this.token(user, scope)}`, 'content-type': 'application/json' },
    };
    if (body !== undefined) init.body = JSON.stringify(body);
    const answer = await fetch(`${this.url}/api/${path}`, init);
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : await answer.json();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #run(...args: string[]): string {
    return execFileSync(binary(), args, { cwd: this.folder, env: this.#environment(), encoding: 'utf8' });
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env['PATH'],
      HOME: this.folder,
      SUHBAT__SERVER__BIND: `127.0.0.1:${this.port}`,
      SUHBAT__AUTH__SECRET: SECRET,
      SUHBAT__RATE__MESSAGES_PER_MINUTE: '0',
      SUHBAT__RATE__REQUESTS_PER_MINUTE: '0',
      SUHBAT__RATE__UPLOADS_PER_MINUTE: '0',
      SUHBAT__RATE__SEARCHES_PER_MINUTE: '0',
      SUHBAT__LOG__LEVEL: 'warn',
      ...this.#settings,
    };
  }
}
