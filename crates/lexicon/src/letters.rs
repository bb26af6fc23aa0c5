//! The table of letters and their Latin readings.

/// The reading of one letter of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letter {
    /// These Latin letters, at least one.
    Latin(&'static str),
    /// `ё`, read as `yo` or as `e`.
    Yo,
    /// `е`, read as `ye` or as `e`.
    Ye,
    /// `ц`, read as `ts` or as `s`.
    Tse,
    /// `ў`, read as `oʻ`, for which people also type `o` or `у`.
    TurnedO,
    /// One of the signs that people type as an apostrophe.
    Apostrophe,
    /// A character that is a word of its own, as in Chinese.
    Word(char),
    /// A character without a sound: hard and soft signs, and the Arabic stroke that only lengthens.
    Silent,
    /// A character that is not in the table.
    Other(char),
}

/// The characters that are typed as an apostrophe: the ASCII one, grave and acute accents, quotation marks, primes and modifier letters.
pub(crate) const fn is_apostrophe(letter: char) -> bool {
    matches!(
        letter,
        '\'' | '`' | '´' | 'ʻ' | 'ʼ' | 'ʽ' | 'ʹ' | 'ˈ' | '‘' | '’' | '‛' | '′' | '＇' | 'ʾ' | 'ʿ'
    )
}

/// Whether `е` after this letter is spelled `ye`: after vowels, hard and soft signs, and apostrophes.
pub(crate) const fn asks_for_ye(letter: char) -> bool {
    matches!(
        letter,
        'а' | 'ә' | 'о' | 'ө' | 'у' | 'ү' | 'ұ' | 'ў' | 'э' | 'е' | 'ё' | 'ю' | 'я' | 'и' | 'ы' | 'і' | 'ъ' | 'ь' | '\''
    )
}

/// The reading of a lower-case letter. Cyrillic is read as Uzbek writes it in Latin; Latin letters that Uzbek and Cyrillic do not distinguish are read as one.
pub(crate) const fn of(letter: char) -> Letter {
    use Letter::{Apostrophe, Latin, Other, Silent, Tse, TurnedO, Word, Ye, Yo};
    match letter {
        'а' | 'ә' => Latin("a"),
        'б' => Latin("b"),
        'в' => Latin("v"),
        'г' | 'ғ' | 'ґ' => Latin("g"),
        'д' => Latin("d"),
        'е' => Ye,
        'э' => Latin("e"),
        'ё' => Yo,
        'ж' => Latin("j"),
        'з' => Latin("z"),
        'и' | 'ы' | 'і' | 'ı' => Latin("i"),
        'й' => Latin("y"),
        'к' | 'қ' | 'q' => Latin("k"),
        'л' => Latin("l"),
        'м' => Latin("m"),
        'н' | 'ң' => Latin("n"),
        'о' | 'ө' => Latin("o"),
        'ў' => TurnedO,
        'п' => Latin("p"),
        'р' => Latin("r"),
        'с' => Latin("s"),
        'т' => Latin("t"),
        'у' | 'ү' | 'ұ' => Latin("u"),
        'ф' => Latin("f"),
        'х' | 'ҳ' | 'һ' | 'x' => Latin("h"),
        'ц' => Tse,
        'ч' | 'ç' | 'č' => Latin("ch"),
        'ш' | 'щ' | 'ş' | 'š' => Latin("sh"),
        'ю' => Latin("yu"),
        'я' => Latin("ya"),
        'ς' => Latin("σ"),
        'ß' => Latin("ss"),
        'أ' | 'إ' | 'آ' | 'ٱ' => Latin("ا"),
        'ى' => Latin("ي"),
        'ة' => Latin("ه"),
        'ъ' | 'ь' | 'ـ' => Silent,
        '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Word(letter),
        letter if is_apostrophe(letter) => Apostrophe,
        letter => Other(letter),
    }
}
