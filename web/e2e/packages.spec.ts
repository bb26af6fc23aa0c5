import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { AZIZ, MALIKA, TOWN } from './people.ts';
import { Service } from './service.ts';
import { expect, test } from './test.ts';

const run = promisify(execFile);
const web = new URL('../', import.meta.url).pathname;

/** The example of a README, as somebody copies it. */
function exampleOf(name: 'client' | 'react'): string {
  const [, code] = /```tsx?\n(.*?)```/s.exec(readFileSync(join(web, `packages/${name}/README.md`), 'utf8')) ?? [];
  if (code === undefined) throw new Error(`the README of ${name} has no example`);
  return code;
}

/** A fresh project of Vite, React and TypeScript, with the packages as they would be published. */
async function project(folder: string): Promise<void> {
  for (const name of ['client', 'react']) {
    await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: join(web, 'packages', name) });
  }
  const { devDependencies: dev, dependencies } = JSON.parse(readFileSync(join(web, 'package.json'), 'utf8'));
  const pick = (from: Record<string, string>, ...names: string[]) => Object.fromEntries(names.map(name => [name, from[name]]));
  const packages = {
    ...pick(dev, 'vite', '@vitejs/plugin-react', 'typescript', '@types/react', '@types/react-dom'),
    ...pick(dependencies, 'react', 'react-dom'),
    '@suhbat/client': 'file:suhbat-client-0.1.0.tgz',
    '@suhbat/react': 'file:suhbat-react-0.1.0.tgz',
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module', dependencies: packages }));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-progress'], { cwd: folder });
}

/** The files of a folder, on a port and so an origin of their own. */
async function serve(folder: string) {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://here').pathname.replace(/\/$/, '/index.html');
    try {
      const body = readFileSync(join(folder, name));
      response.writeHead(200, { 'content-type': types[extname(name)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test('a fresh project holds a conversation by the packages, in ten lines', async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'suhbat-packages-'));
  mkdirSync(join(folder, 'dist'));
  const host = await serve(join(folder, 'dist'));
  const service = await Service.start(TOWN, { SUHBAT__CORS__ALLOWED_ORIGINS: host.origin });
  try {
    await project(folder);
    const opened = { target_user_id: MALIKA, confession_id: 1 };
    const { id } = (await service.api(AZIZ, 'POST', 'messaging/conversations/get_or_create/', opened)) as { id: number };
    const say = (content: string) =>
      service.api(MALIKA, 'POST', 'messaging/messages/', { conversation: id, content, client_id: crypto.randomUUID() });
    await say('before');

    const adapted = (code: string) => code.replace(/\b7\b/g, String(id)).replace('https://chat.example.org/', service.url);
    const app = adapted(exampleOf('react'));
    expect(app.split('\n').filter(line => line.trim() !== '').length).toBeLessThanOrEqual(10);
    mkdirSync(join(folder, 'src'));
    const fetchToken = 'declare global { function fetchToken(): Promise<string> }\n';
    writeFileSync(join(folder, 'src/globals.d.ts'), `export {};\n${fetchToken}`);
    writeFileSync(join(folder, 'src/App.tsx'), app);
    writeFileSync(join(folder, 'src/plain.ts'), adapted(exampleOf('client')));
    writeFileSync(
      join(folder, 'src/main.tsx'),
      `import { StrictMode } from 'react';
       import { createRoot } from 'react-dom/client';
       import { App } from './App.js';
       createRoot(document.body).render(<StrictMode><App /></StrictMode>);`,
    );
    writeFileSync(
      join(folder, 'index.html'),
      `<!doctype html><title>Fresh</title><script>globalThis.fetchToken = async () => ${JSON.stringify(service.token(AZIZ))}</script>
       <script type="module" src="/src/main.tsx"></script>`,
    );

    // Types hold for both ways of finding modules, and nothing in them is skipped.
    for (const [moduleResolution, module] of [
      ['bundler', 'esnext'],
      ['node16', 'node16'],
    ]) {
      const compilerOptions = {
        ...{ strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
        ...{ target: 'es2022', lib: ['es2023', 'dom', 'dom.iterable'], jsx: 'react-jsx', types: [] },
        ...{ module, moduleResolution },
      };
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
      const { stdout } = await run('npx', ['tsc'], { cwd: folder }).catch((error: { stdout: string }) => error);
      expect(stdout, `types with ${moduleResolution}`).toBe('');
    }
    writeFileSync(
      join(folder, 'vite.config.js'),
      `import react from '@vitejs/plugin-react'; export default { plugins: [react()], logLevel: 'warn' };`,
    );
    await run('npx', ['vite', 'build'], { cwd: folder });

    const faults: string[] = [];
    page.on('pageerror', error => faults.push(error.message));
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) faults.push(message.text());
    });
    await page.goto(host.origin);
    await expect(page.getByRole('listitem')).toHaveText(['before (received)']);
    await page.getByRole('textbox').fill('Assalomu alaykum!');
    await page.getByRole('textbox').press('Enter');
    await expect(page.getByRole('listitem').last()).toHaveText(/Assalomu alaykum! \((sent|delivered)\)/);
    await say('Vaalaykum assalom!');
    await expect(page.getByRole('listitem').last()).toHaveText('Vaalaykum assalom! (received)');

    // A service that is killed in the middle loses and doubles nothing.
    await service.kill();
    await page.getByRole('textbox').fill('while it is away');
    await page.getByRole('textbox').press('Enter');
    await expect(page.getByRole('listitem').last()).toHaveText('while it is away (sending)');
    await service.up();
    await expect(page.getByRole('listitem').last()).toHaveText(/while it is away \((sent|delivered)\)/);
    await expect(page.getByRole('listitem')).toHaveCount(4);
    expect(faults.filter(fault => !/WebSocket|Failed to load resource|ERR_/.test(fault))).toEqual([]);
  } finally {
    host.close();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
