import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Plugin, transformWithOxc } from 'vite';

const SOURCE = fileURLToPath(new URL('../src/worker.ts', import.meta.url));
const PUBLIC = fileURLToPath(new URL('../public/', import.meta.url));
/** Half a megabyte that few need, and what the browser asks for by itself. */
const LEFT_OUT = /^emoji\/|^suhbat\.js$|^icon-|\.html$|\.map$/;

/** Builds `worker.js` beside the page, with the names of all files that it keeps. */
export function worker(): Plugin {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const names = [...Object.keys(bundle), ...readdirSync(PUBLIC)].filter(name => !LEFT_OUT.test(name)).sort();
      const { code } = await transformWithOxc(readFileSync(SOURCE, 'utf8'), SOURCE, { target: 'es2023' });
      const version = createHash('sha256').update(names.join()).update(code).digest('hex').slice(0, 12);
      const head = `const FILES = ${JSON.stringify(names)}, VERSION = ${JSON.stringify(version)};\n`;
      this.emitFile({ type: 'asset', fileName: 'worker.js', source: head + code });
    },
  };
}
