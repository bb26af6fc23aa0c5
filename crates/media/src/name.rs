//! File names for display and download. They are never used as paths.

/// The longest name, in characters.
pub const MAX_NAME_CHARS: usize = 255;

/// The name of a file whose own name has no visible character.
const DEFAULT: &str = "file";

/// The longest suffix after a dot that counts as an extension, in characters.
const MAX_EXTENSION_CHARS: usize = 16;

/// Makes a file name safe to show and to download under:
/// - only the last part of a path,
/// - no control characters, invisible characters or changes of direction, so that the name reads as what it is,
/// - single spaces between words, and no spaces or dots at either end,
/// - at most [`MAX_NAME_CHARS`] characters, of which the extension is kept.
pub fn sanitise(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).find(|part| !part.trim().is_empty()).unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|c| c.is_whitespace() || !(c.is_control() || is_invisible(*c)))
        .collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let trimmed = words.join(" ");
    let trimmed = trimmed.trim_matches([' ', '.']);
    if trimmed.is_empty() { DEFAULT.to_owned() } else { shorten(trimmed) }
}

/// Characters that are invisible or change the direction of text, with which `exe.gpj` can be made to read as `gpj.exe`. The joiners U+200C and U+200D are allowed: scripts need them.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}' | '\u{FFFE}' | '\u{FFFF}')
}

fn shorten(name: &str) -> String {
    if name.chars().count() <= MAX_NAME_CHARS {
        return name.to_owned();
    }
    let tail = extension(name).map_or(String::new(), |extension| format!(".{extension}"));
    let kept = MAX_NAME_CHARS - tail.chars().count();
    let stem: String = name.chars().take(kept).collect();
    format!("{}{tail}", stem.trim_end_matches([' ', '.']))
}

/// The part after the last dot, if it looks like an extension.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plausible = !extension.is_empty()
        && extension.len() <= MAX_EXTENSION_CHARS
        && extension.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c));
    (plausible && !stem.is_empty()).then_some(extension)
}
