// Marks in names the hits of a search. Texts are folded as `lexicon` folds them; the tests of both read the same table of spellings.

/** Letters with several readings, by the sign that they have in a word. */
const YO = '\u0001';
const TURNED_O = '\u0002';
const YE = '\u0003';
const TSE = '\u0004';

const LETTERS = new Map(
  `аa әa бb вv гg ғg ґg дd еe эe ё${YO} жj зz иi ыi іi ıi йy кk қk qk лl мm нn ңn оo өo ў${TURNED_O} пp рr сs ц${TSE} тt уu үu ұu фf хh ҳh һh xh чch çch čch шsh щsh şsh šsh юyu яya ςσ ßss أا إا آا ٱا ىي ةه ъ ь ـ`
    .split(' ')
    .map(pair => [pair.slice(0, 1), pair.slice(1)]),
);
/** After these `е` is spelled `ye`. */
const ASKS_FOR_YE = "аәоөуүұўэеёюяиыіъь'";
const APOSTROPHE = /^['`´ʻʼʽʹˈ‘’‛′＇ʾʿ]/;
const ALPHANUMERIC = /^[\p{Alphabetic}\p{N}]/u;
const HAN = /^[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/u;
const MARKS = /\p{M}/gu;
/** A letter with its marks. */
const SIGN = /\P{M}\p{M}*|\p{M}+/gu;

interface Letter {
  /** One unit, so that places in a word are places among its letters. */
  as: string;
  /** The place in the text of the sign that it comes from. */
  from: number;
  to: number;
}

/** The letters of a text: lower case, with `'` for all apostrophes. */
function normalized(text: string): Letter[] {
  const letters: Letter[] = [];
  for (const { 0: sign, index: from } of text.matchAll(SIGN)) {
    const to = from + sign.length;
    const whole = APOSTROPHE.test(sign) ? "'" : sign.normalize('NFKC').toLowerCase().normalize('NFC');
    for (const letter of whole) {
      const known = LETTERS.has(letter) || HAN.test(letter);
      for (const as of known ? letter : letter.normalize('NFD').replace(MARKS, '')) letters.push({ as, from, to });
    }
  }
  return letters;
}

/** The words of a text in Latin letters, with signs of their own where the reading is open. */
function wordsOf(text: string): Letter[][] {
  let word: Letter[] = [];
  const words = [word];
  let before: string | null = null;
  const signs = normalized(text);
  signs.forEach(({ as: sign, from, to }, at) => {
    const push = (letters: string) => word.push(...letters.split('').map(as => ({ as, from, to })));
    const latin = LETTERS.get(sign);
    let ends = false;
    if (sign === "'") {
      // Inside a word, and after o and g, it belongs to the word. After o it makes another letter of it.
      const last = word.at(-1);
      if (last?.as === 'o') word.splice(-1, 1, { as: TURNED_O, from: last.from, to });
      else ends = !last || !(last.as === 'g' || ALPHANUMERIC.test(signs[at + 1]?.as ?? ''));
    } else if (sign === 'е') push(before === null || ASKS_FOR_YE.includes(before) ? YE : 'e');
    else if (latin !== undefined) push(latin);
    else if (HAN.test(sign)) {
      words.push(sign.split('').map(as => ({ as, from, to })));
      ends = true;
    } else if (ALPHANUMERIC.test(sign)) push(sign);
    else ends = true;
    before = ends ? null : sign;
    if (ends) {
      word = [];
      words.push(word);
    }
  });
  return words.filter(letters => letters.length > 0);
}

/** The different readings of a word: with `s` for `ts` and `e` for `ye`, and as it is spelled. */
function readings(word: Letter[], turnedO: string[]): Letter[][] {
  const found = new Map<string, Letter[]>();
  for (const shortened of [true, false]) {
    for (const yo of ['yo', 'e']) {
      for (const o of turnedO) {
        const reads = new Map([
          [YO, yo],
          [TURNED_O, o],
          [YE, 'ye'],
          [TSE, 'ts'],
        ]);
        const reading: Letter[] = [];
        for (const letter of word) {
          for (const as of (reads.get(letter.as) ?? letter.as).split('')) {
            let from = letter.from;
            const silent = shortened && (as === 's' ? 't' : as === 'e' ? 'y' : null);
            while (silent && reading.at(-1)?.as === silent) from = reading.pop()?.from ?? from;
            reading.push({ as, from, to: letter.to });
          }
        }
        if (reading.length > 0) found.set(written(reading), reading);
      }
    }
  }
  return [...found.values()];
}

const written = (letters: Letter[]) => letters.map(letter => letter.as).join('');

/** The places in a text of the words of a query, whatever their order: from, to, ascending and apart. */
export function foundIn(text: string, query: string): [number, number][] {
  const wanted = wordsOf(query).flatMap(word => {
    // It may be a part of a word, and then the letter before `е` is not known.
    const part = word.map((letter, at) => (at === 0 && letter.as === YE ? { ...letter, as: 'e' } : letter));
    return readings(part, ['o', 'u']).map(written);
  });
  const found: [number, number][] = [];
  for (const reading of wordsOf(text).flatMap(word => readings(word, ['o']))) {
    const whole = written(reading);
    for (const part of wanted) {
      for (let at = whole.indexOf(part); at >= 0; at = whole.indexOf(part, at + part.length)) {
        // Letters of one sign are marked together.
        const [first, last] = [reading[at], reading[at + part.length - 1]];
        if (first && last) found.push([first.from, last.to]);
      }
    }
  }
  found.sort((a, b) => a[0] - b[0]);
  const apart: [number, number][] = [];
  for (const [from, to] of found) {
    const before = apart.at(-1);
    if (before && from <= before[1]) before[1] = Math.max(before[1], to);
    else apart.push([from, to]);
  }
  return apart;
}
