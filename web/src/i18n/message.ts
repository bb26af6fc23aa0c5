import { numbersOf } from './numbers.ts';

/**
 * A message of a catalog, as the build compiles it from ICU syntax: a sentence, or its parts. A part is a literal, `#` of a plural (0), the
 * name of an argument, or the name of an argument with a message for each of its plural forms.
 */
export type Compiled = string | readonly Part[];
export type Part = string | 0 | readonly [name: string] | readonly [name: string, forms: Readonly<Record<string, Compiled>>];
export type Args = Readonly<Record<string, string | number>>;

/** Formatters of `Intl` are slow to make, so the last language's are kept. */
let kept: { locale: string; plurals: Intl.PluralRules; numbers: Intl.NumberFormat } | null = null;

function rulesOf(locale: string) {
  if (kept?.locale !== locale) kept = { locale, plurals: new Intl.PluralRules(locale), numbers: numbersOf(locale) };
  return kept;
}

/** The text of a message with its arguments. `count` is the number that `#` stands for, inside a plural form. */
export function formatMessage(message: Compiled, locale: string, args: Args = {}, count = 0): string {
  if (typeof message === 'string') return message;
  const texts = message.map(part => {
    if (typeof part === 'string') return part;
    if (part === 0) return rulesOf(locale).numbers.format(count);
    const [name, forms] = part;
    const value = args[name];
    if (value === undefined) throw new Error(`no ${name} for a message`);
    if (!forms) return String(value);
    const number = Number(value);
    const form = forms[`=${number}`] ?? forms[rulesOf(locale).plurals.select(number)] ?? forms['other'] ?? '';
    return formatMessage(form, locale, args, number);
  });
  return texts.join('');
}
