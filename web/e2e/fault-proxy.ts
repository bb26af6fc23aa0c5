import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/**
 * A reverse proxy as people put one before the service: it takes a path prefix off and passes everything on. With it, the tests cut the
 * wire without touching the service. The service has to know the prefix: `server.public_url`.
 */
export class FaultProxy {
  readonly prefix: string;
  #server: Server;
  /** The port of the service. */
  target = 0;
  #sockets = new Set<Socket>();
  #uploads = new Set<IncomingMessage>();
  refuses = false;

  private constructor(server: Server, prefix: string) {
    this.#server = server;
    this.prefix = prefix;
  }

  static async start(prefix: string): Promise<FaultProxy> {
    const server = createServer();
    const faultProxy = new FaultProxy(server, prefix);
    server.on('request', (request, response) => faultProxy.#answer(request, response));
    server.on('upgrade', (request, socket, head) => faultProxy.#upgrade(request, socket as Socket, head));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return faultProxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.prefix}`;
  }

  /** Every open socket dies, as in a tunnel. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Every request with a body dies half way. */
  cutUploads(): void {
    for (const request of this.#uploads) request.socket.destroy();
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

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = this.#path(request);
    if (path === null) {
      response.writeHead(404).end();
      return;
    }
    if (this.refuses && path.startsWith('/api/')) {
      request.socket.destroy();
      return;
    }
    const headers = { ...request.headers };
    const onward = httpRequest({ port: this.target, host: '127.0.0.1', method: request.method, path, headers }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    if (request.headers['content-type']?.startsWith('multipart/')) {
      this.#uploads.add(request);
      response.on('close', () => {
        this.#uploads.delete(request);
        onward.destroy();
      });
    }
    request.pipe(onward);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const path = this.#path(request);
    if (path === null || this.refuses) {
      socket.destroy();
      return;
    }
    const onward = connect(this.target, '127.0.0.1', () => {
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
