import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const LOCALES = ['en', 'ru'];
const FILES = ['data.json', 'messages.json'];

/** Serves the emoji data of the picker from this origin: `emoji/<locale>/{data,messages}.json`, in development and in the build. */
export function emoji(): Plugin {
  const root = join(createRequire(import.meta.url).resolve('emojibase-data/package.json'), '..');
  return {
    name: 'emoji-data',
    async generateBundle() {
      for (const locale of LOCALES) {
        for (const file of FILES) {
          this.emitFile({ type: 'asset', fileName: `emoji/${locale}/${file}`, source: await readFile(join(root, locale, file)) });
        }
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const match = /^\/emoji\/(en|ru)\/(data|messages)\.json$/.exec(request.url ?? '');
        if (!match) return next();
        response.setHeader('content-type', 'application/json');
        createReadStream(join(root, `${match[1]}/${match[2]}.json`)).pipe(response);
      });
    },
  };
}
