import { readFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { extname, join, normalize } from 'node:path';

const DIST = new URL('../dist/', import.meta.url).pathname;
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'";

/**
 * A reverse proxy as people put one before the service: it serves the built page with the headers of the design under a path
 * prefix and passes `api/` and `ws/` on. With it, the tests cut the wire without touching the service.
 */
export class Front {
  readonly prefix: string;
  #server: Server;
  #target: number;
  #sockets = new Set<Socket>();
  refuses = false;

  private constructor(server: Server, target: number, prefix: string) {
    this.#server = server;
    this.#target = target;
    this.prefix = prefix;
  }

  static async start(target: number, prefix = '/'): Promise<Front> {
    const server = createServer();
    const front = new Front(server, target, prefix);
    server.on('request', (request, response) => void front.#answer(request, response));
    server.on('upgrade', (request, socket, head) => front.#upgrade(request, socket as Socket, head));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.prefix}`;
  }

  retarget(port: number): void {
    this.#target = port;
  }

  /** Every open socket dies, as in a tunnel. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }

  #path(request: IncomingMessage): string | null {
    const url = request.url ?? '/';
    return url.startsWith(this.prefix) ? `/${url.slice(this.prefix.length)}` : null;
  }

  async #answer(request: IncomingMessage, response: import('node:http').ServerResponse): Promise<void> {
    const path = this.#path(request);
    if (path === null) {
      response.writeHead(404).end();
      return;
    }
    if (path.startsWith('/api/')) {
      if (this.refuses) {
        request.socket.destroy();
        return;
      }
      const headers = { ...request.headers };
      const onward = httpRequest({ port: this.#target, host: '127.0.0.1', method: request.method, path, headers }, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
      return;
    }
    const name = normalize(decodeURIComponent(path.split('?')[0] ?? '/'));
    const isAsset = extname(name) !== '';
    const file = join(DIST, isAsset ? name : 'index.html');
    try {
      let body: Buffer | string = await readFile(file);
      if (!isAsset) body = body.toString('utf8').replaceAll('="./', `="${this.prefix}`);
      response.writeHead(200, {
        'content-type': TYPES[isAsset ? extname(name) : '.html'] ?? 'application/octet-stream',
        'content-security-policy': POLICY,
        'cache-control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
        'x-content-type-options': 'nosniff',
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const path = this.#path(request);
    if (path === null || this.refuses) {
      socket.destroy();
      return;
    }
    const onward = connect(this.#target, '127.0.0.1', () => {
      const lines = [`${request.method} ${path} HTTP/1.1`];
      for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`);
      onward.write(`${lines.join('\r\n')}\r\n\r\n`);
      if (head.length > 0) onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) {
      this.#sockets.add(end);
      end.on('error', () => end.destroy());
      end.on('close', () => {
        this.#sockets.delete(end);
        socket.destroy();
        onward.destroy();
      });
    }
  }
}
