// Checks the catalogs: the same keys, the same arguments, every plural form the language needs, no key unused.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { parse } = await import(createRequire(import.meta.url).resolve('@formatjs/icu-messageformat-parser'));
const root = new URL('../src/i18n', import.meta.url).pathname;
// The catalog of the page, and those that come with parts of it.
const FOLDERS = [root, ...['emoji', 'new', 'rows', 'search', 'settings', 'voice'].map(part => join(root, part))];
const FORMS = { en: ['one', 'other'], ru: ['one', 'few', 'many', 'other'], uz: ['one', 'other'] };
const PLURAL = 6;
const problems = [];

function facts(elements, args = new Set(), plurals = []) {
  for (const part of elements) {
    if (part.type >= 1 && part.type <= 6) args.add(part.value);
    if (part.options) {
      if (part.type === PLURAL) plurals.push(Object.keys(part.options));
      for (const option of Object.values(part.options)) facts(option.value, args, plurals);
    }
  }
  return { args: [...args].sort().join(), plurals };
}

const read = locale => FOLDERS.map(folder => JSON.parse(readFileSync(join(folder, `${locale}.icu.json`), 'utf8')));
const catalogs = Object.fromEntries(Object.keys(FORMS).map(locale => [locale, Object.assign({}, ...read(locale))]));
for (const [locale, catalog] of Object.entries(catalogs)) {
  for (const key of Object.keys(catalogs.en)) if (!(key in catalog)) problems.push(`${locale}: ${key} is missing`);
  for (const [key, text] of Object.entries(catalog)) {
    if (!(key in catalogs.en)) {
      problems.push(`${locale}: ${key} is not in en`);
      continue;
    }
    const mine = facts(parse(text, { ignoreTag: true }));
    const english = facts(parse(catalogs.en[key], { ignoreTag: true }));
    if (mine.args !== english.args) problems.push(`${locale}: ${key} has arguments {${mine.args}}, en has {${english.args}}`);
    for (const forms of mine.plurals) {
      const lacking = FORMS[locale].filter(form => !forms.includes(form));
      if (lacking.length) problems.push(`${locale}: ${key} lacks plural ${lacking.join()}`);
    }
    if (locale === 'uz' && /[oOgG]['`’ʼ‘]/.test(text)) problems.push(`uz: ${key} writes oʻ or gʻ without U+02BB`);
  }
}

const sources = ['..', '../../packages/client/src']
  .map(path => join(root, path))
  .flatMap(path => readdirSync(path, { recursive: true }).map(name => join(path, name)))
  .filter(name => /\.tsx?$/.test(name) && !/\.test\./.test(name))
  .map(name => readFileSync(name, 'utf8'))
  .join('\n');
const codes = new Set(/ErrorCode: (.*);/.exec(sources)?.[1]?.match(/\w+/g));
for (const key of Object.keys(catalogs.en)) {
  // These are looked up by the code of the service or of the page.
  const [, code] = /^refusal\.(.*)/.exec(key) ?? [];
  const isUsed = code === undefined ? sources.includes(`'${key}'`) : codes.has(code) || sources.includes(`'${code}'`);
  if (!isUsed) problems.push(`en: ${key} is used nowhere`);
}

for (const problem of problems) console.error(problem);
process.exit(problems.length ? 1 : 0);
