import { parse } from '@formatjs/icu-messageformat-parser';
import type { Plugin } from 'vite';

/** Turns `*.icu.json` catalogs into modules of parsed messages, so that no parser is shipped. Plain sentences stay plain strings. */
export function icu(): Plugin {
  return {
    name: 'icu-catalogs',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.icu.json')) return null;
      const catalog = JSON.parse(code) as Record<string, string>;
      const parsed = Object.fromEntries(
        Object.entries(catalog).map(([key, text]) => [
          key,
          /[{}'<]/.test(text) ? parse(text, { captureLocation: false, ignoreTag: true }) : text,
        ]),
      );
      return { code: `export default ${JSON.stringify(parsed)}`, map: null, moduleType: 'js' };
    },
  };
}
