//! Decides whether a text shows anything (R12).

/// R12: whether any character of the text is visible by itself. White space, control and format characters and characters that are drawn as nothing are not.
pub fn shows_something(text: &str) -> bool {
    text.chars().any(shows)
}

fn shows(letter: char) -> bool {
    !(letter.is_whitespace() || letter.is_control() || is_format(letter) || is_drawn_as_nothing(letter))
}

/// Unicode's general category Cf, of Unicode 16.
const fn is_format(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// Fillers, vowels that are not drawn, the empty Braille cell and variation selectors: letters and marks by their category, but invisible.
const fn is_drawn_as_nothing(letter: char) -> bool {
    matches!(
        letter,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180d}'
            | '\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_blank() {
        // The characters listed in R12, with both ends of each range.
        let nothing = "\u{200b}\u{200f}\u{2060}\u{206f}\u{feff}\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180e}\u{2800}\u{3164}\u{ffa0}\u{fe00}\u{fe0f}\u{e0100}\u{e01ef}\u{e0001}\u{e0020}\u{e007f}";
        let space = " \t\r\n\u{b}\u{c}\u{85}\u{a0}\u{1680}\u{2000}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
        let control = "\u{1}\u{1b}\u{7f}\u{9f}\u{202a}\u{202e}\u{61c}";
        for letter in [nothing, space, control].concat().chars() {
            assert!(!shows_something(&letter.to_string()), "U+{:04X}", u32::from(letter));
        }
        assert!(!shows_something(&[nothing, space, control].concat()));
        assert!(!shows_something(""));
    }

    #[test]
    fn visible_characters_are_not_blank() {
        for text in [
            "a",
            "ў",
            "7",
            ".",
            "😀",
            "❤\u{fe0f}",
            "\u{301}",
            "\u{200b}x",
            "مُ",
            "👨\u{200d}👩",
            "🏴\u{e0067}\u{e007f}",
        ] {
            assert!(shows_something(text), "{text:?}");
        }
    }
}
