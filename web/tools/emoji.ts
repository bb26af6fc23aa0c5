import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const LOCALES = ['en', 'ru'];
const FILES = ['data.json', 'messages.json'];

/** Groups have their key as their name: the page names them in all of its languages. */
function withoutNames(messages: string): string {
  const parsed = JSON.parse(messages) as { groups: { key: string; message: string }[] };
  return JSON.stringify({ ...parsed, groups: parsed.groups.map(group => ({ ...group, message: group.key })) });
}

/** Serves the emoji data of the picker from this origin: `emoji/<locale>/{data,messages}.json`, in development and in the build. */
export function emoji(): Plugin {
  const root = join(createRequire(import.meta.url).resolve('emojibase-data/package.json'), '..');
  const read = async (locale: string, file: string) => {
    const text = await readFile(join(root, locale, file), 'utf8');
    return file === 'messages.json' ? withoutNames(text) : text;
  };
  return {
    name: 'emoji-data',
    async generateBundle() {
      for (const locale of LOCALES) {
        for (const file of FILES) this.emitFile({ type: 'asset', fileName: `emoji/${locale}/${file}`, source: await read(locale, file) });
      }
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const match = /^\/emoji\/(en|ru)\/(data|messages)\.json$/.exec(request.url ?? '');
        if (!match) return next();
        response.setHeader('content-type', 'application/json');
        read(match[1] ?? '', `${match[2]}.json`).then(text => response.end(text), next);
      });
    },
  };
}
