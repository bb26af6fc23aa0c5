import { type MessageFormatElement, parse, TYPE } from '@formatjs/icu-messageformat-parser';
import type { Plugin } from 'vite';
import type { Compiled, Part } from '../src/i18n/message.ts';

function partOf(element: MessageFormatElement): Part {
  switch (element.type) {
    case TYPE.literal:
      return element.value;
    case TYPE.pound:
      return 0;
    case TYPE.argument:
      return [element.value];
    case TYPE.plural: {
      if (element.offset !== 0 || element.pluralType !== 'cardinal') break;
      const forms = Object.entries(element.options).map(([form, { value }]) => [form, compiled(value)] as const);
      return [element.value, Object.fromEntries(forms)];
    }
  }
  throw new Error(`src/i18n/message.ts cannot format ${TYPE[element.type]}`);
}

function compiled(elements: MessageFormatElement[]): Compiled {
  const parts = elements.map(partOf);
  const [first = '', ...others] = parts;
  return typeof first === 'string' && others.length === 0 ? first : parts;
}

/** Compiles `*.icu.json` catalogs into modules, so that no parser is shipped. A plain sentence stays a string. */
export function icu(): Plugin {
  return {
    name: 'icu-catalogs',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('.icu.json')) return null;
      const catalog = Object.entries(JSON.parse(code) as Record<string, string>);
      const parsed = Object.fromEntries(catalog.map(([key, text]) => [key, compiled(parse(text, { ignoreTag: true }))]));
      return { code: `export default ${JSON.stringify(parsed)}`, map: null, moduleType: 'js' };
    },
  };
}
