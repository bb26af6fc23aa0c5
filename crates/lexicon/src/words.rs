//! The words of a text in Latin letters, with their places in the text, and the readings of a word.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::letters::{self, Letter};

/// Marks an `ё` in a word, which is read as `yo` and as `e`.
pub(crate) const YO: char = '\u{1}';
/// Marks an `oʻ` or `ў` in a word, which people also type as `o` and as `у`.
pub(crate) const TURNED_O: char = '\u{2}';
/// Marks an `е` in a word where Latin spells it `ye`.
pub(crate) const YE: char = '\u{3}';
/// Marks a `ц` in a word, which Latin spells `ts` or `s`.
pub(crate) const TSE: char = '\u{4}';

/// A word of a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    /// Latin letters, with marks such as [`YO`] for letters of several readings.
    pub(crate) letters: String,
    /// The place of its first character, in scalar values from the beginning of the text.
    pub(crate) start: usize,
    /// The place after its last character, in scalar values.
    pub(crate) end: usize,
    /// Its bytes in the text.
    pub(crate) bytes: std::ops::Range<usize>,
    /// Whether it is one character that is a word of its own, as in Chinese.
    pub(crate) is_sign: bool,
}

impl Word {
    /// Extends the word to this character.
    fn reach(&mut self, sign: &Sign) {
        if self.end == 0 {
            self.start = sign.start;
            self.bytes.start = sign.first_byte;
        }
        self.end = sign.end;
        self.bytes.end = sign.end_byte;
    }
}

/// The words of a text, in its order.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word = Word::default();
    let mut signs = Signs::new(text).peekable();
    // The letter before, in the same word.
    let mut before = None;
    while let Some(sign) = signs.next() {
        let letter = sign.letter;
        let mut ends = false;
        match letters::of(letter) {
            Letter::Latin(latin) => word.letters.push_str(latin),
            Letter::Yo => word.letters.push(YO),
            Letter::TurnedO => word.letters.push(TURNED_O),
            Letter::Ye => word.letters.push(if before.is_none_or(letters::asks_for_ye) { YE } else { 'e' }),
            Letter::Tse => word.letters.push(TSE),
            Letter::Apostrophe => {
                // Inside a word, and after o and g, the apostrophe belongs to the word and is dropped. After o it marks the letter `oʻ`.
                let follows = signs.peek().is_some_and(|next| next.letter.is_alphanumeric());
                if word.letters.ends_with('o') {
                    word.letters.pop();
                    word.letters.push(TURNED_O);
                } else {
                    ends = word.letters.is_empty() || !(follows || word.letters.ends_with('g'));
                }
            }
            Letter::Word(own) => {
                finish(&mut word, &mut words);
                word.letters.push(own);
                word.is_sign = true;
                word.reach(&sign);
                ends = true;
            }
            Letter::Silent => {}
            Letter::Other(other) if other.is_alphanumeric() => word.letters.push(other),
            Letter::Other(_) => ends = true,
        }
        before = (!ends).then_some(letter);
        if ends {
            finish(&mut word, &mut words);
        } else {
            word.reach(&sign);
        }
    }
    finish(&mut word, &mut words);
    words
}

/// Adds a word that has a letter to the words, and begins the next one.
fn finish(word: &mut Word, words: &mut Vec<Word>) {
    let word = std::mem::take(word);
    if !word.letters.is_empty() {
        words.push(word);
    }
}

/// A letter of a text: normalized to NFKC, in lower case, and without accents if it is not in the table of letters.
#[derive(Clone, Copy, Debug)]
struct Sign {
    letter: char,
    /// The place of the character that it comes from, in scalar values.
    start: usize,
    /// The place after that character and its marks.
    end: usize,
    /// The same places in bytes.
    first_byte: usize,
    end_byte: usize,
}

/// Reads the letters of a text with their places. Each character is normalized together with the marks that follow it, so that the places are known.
struct Signs<'t> {
    chars: std::iter::Peekable<std::str::Chars<'t>>,
    /// The place of the next character.
    at: usize,
    at_byte: usize,
    /// The letters of the character that was read last, in reverse order.
    waiting: Vec<Sign>,
    /// The character that was read last, with its marks.
    cluster: String,
}

impl<'t> Signs<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            chars: text.chars().peekable(),
            at: 0,
            at_byte: 0,
            waiting: Vec::new(),
            cluster: String::new(),
        }
    }
}

impl Iterator for Signs<'_> {
    type Item = Sign;

    fn next(&mut self) -> Option<Sign> {
        loop {
            if let Some(sign) = self.waiting.pop() {
                return Some(sign);
            }
            let first = self.chars.next()?;
            let start = self.at;
            let first_byte = self.at_byte;
            self.at += 1;
            self.at_byte += first.len_utf8();
            let lower = match first {
                // Nearly all characters of nearly all texts.
                '\0'..='\u{7f}' if first != '`' => Some(first.to_ascii_lowercase()),
                'а'..='я' | 'ё' | 'ў' | 'қ' | 'ғ' | 'ҳ' => Some(first),
                'А'..='Я' | 'Ё' | 'Ў' | 'Қ' | 'Ғ' | 'Ҳ' => first.to_lowercase().next(),
                _ => None,
            };
            if let Some(letter) = lower
                && !self.chars.peek().is_some_and(|next| joins(*next))
            {
                return Some(Sign {
                    letter,
                    start,
                    end: self.at,
                    first_byte,
                    end_byte: self.at_byte,
                });
            }
            self.cluster.clear();
            self.cluster.push(first);
            while let Some(mark) = self.chars.next_if(|next| joins(*next)) {
                self.cluster.push(mark);
                self.at += 1;
                self.at_byte += mark.len_utf8();
            }
            let (end, end_byte) = (self.at, self.at_byte);
            self.waiting.extend(normalized(&self.cluster).map(|letter| Sign {
                letter,
                start,
                end,
                first_byte,
                end_byte,
            }));
            self.waiting.reverse();
        }
    }
}

/// Whether the character may be joined with the one before it when a text is composed: marks, and the later parts of a Korean syllable.
fn joins(letter: char) -> bool {
    letter >= '\u{300}'
        && (is_combining_mark(letter) || matches!(letter, '\u{1160}'..='\u{11ff}' | '\u{ff9e}' | '\u{ff9f}' | '\u{ffa0}'..='\u{ffdc}'))
}

/// Normalizes to NFKC and lower case, and removes accents from letters that are not in the table.
fn normalized(text: &str) -> impl Iterator<Item = char> {
    // NFKC turns a lone acute accent, which people type as an apostrophe, into a space and an accent.
    text.chars()
        .map(|letter| if letters::is_apostrophe(letter) { '\'' } else { letter })
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfc()
        .flat_map(|letter| {
            let known = !matches!(letters::of(letter), Letter::Other(_));
            let whole = known.then_some(letter);
            let parts = (!known).then(|| std::iter::once(letter).nfd());
            whole.into_iter().chain(parts.into_iter().flatten())
        })
        .filter(|letter| !is_combining_mark(*letter))
}

/// A word as it is written, in lower case and without accents, but in its own alphabet.
pub(crate) fn lower_case(written: &str) -> String {
    written
        .nfkc()
        .flat_map(char::to_lowercase)
        .nfc()
        .filter(|letter| !is_combining_mark(*letter))
        .collect()
}

/// The readings of the letters that have two, in a word that has them.
pub(crate) fn openings<'r>(word: &str, turned_o: &'r [&'r str]) -> impl Iterator<Item = (&'static str, &'r str)> {
    let yo: &[&str] = if word.contains(YO) { &["yo", "e"] } else { &["yo"] };
    let turned_o = if word.contains(TURNED_O) { turned_o } else { &["o"] };
    yo.iter().flat_map(move |yo| turned_o.iter().map(move |o| (*yo, *o)))
}

/// The different readings of a word, with each of these replacements for [`TURNED_O`].
pub(crate) fn readings(word: &str, turned_o: &[&str]) -> Vec<String> {
    let mut readings = Vec::with_capacity(2);
    for form in [Form::Skeleton, Form::Spelling] {
        for (yo, turned_o) in openings(word, turned_o) {
            let reading = read(word, yo, turned_o, form);
            if !reading.is_empty() && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    readings
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Reads `ts` as `s` and `ye` as `e`.
    Skeleton,
    /// Keeps the Latin spelling.
    Spelling,
}

/// The word with its ambiguous letters read in one way.
pub(crate) fn read(word: &str, yo: &str, turned_o: &str, form: Form) -> String {
    let mut reading = String::with_capacity(word.len() + 2);
    read_into(&mut reading, word, yo, turned_o, form);
    reading
}

/// Adds the word, with its ambiguous letters read in one way, to a text that is empty or ends with a space.
pub(crate) fn read_into(reading: &mut String, word: &str, yo: &str, turned_o: &str, form: Form) {
    let mut push = |letter: char| {
        let silent = match letter {
            's' => Some('t'),
            'e' => Some('y'),
            _ => None,
        };
        // All of several are dropped, so that the skeleton of a skeleton is itself.
        while form == Form::Skeleton && silent.is_some_and(|silent| reading.ends_with(silent)) {
            reading.pop();
        }
        reading.push(letter);
    };
    for letter in word.chars() {
        match letter {
            YO => yo.chars().for_each(&mut push),
            TURNED_O => turned_o.chars().for_each(&mut push),
            YE => "ye".chars().for_each(&mut push),
            TSE => "ts".chars().for_each(&mut push),
            letter => push(letter),
        }
    }
}
