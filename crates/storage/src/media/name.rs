//! Names of files, for display only.

/// The longest name that is kept, in characters.
pub const MAX_NAME_CHARS: usize = 255;

/// What a file without a usable name is called.
const DEFAULT: &str = "file";

/// The longest thing behind a dot that counts as an extension.
const MAX_EXTENSION_CHARS: usize = 16;

/// Makes a name fit for showing and for downloading under it: the last part of a path, without control characters and without those that change the
/// direction or are invisible (so that a name reads as what it is), words apart by one space, neither beginning nor ending with spaces or dots, at most [`MAX_NAME_CHARS`] characters with the extension kept.
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

/// Characters that show nothing or turn the order of others, and thus let `exe.gpj` read as something else. The joiners stay: scripts need them.
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

/// What stands behind the last dot, if it looks like an extension.
pub(super) fn extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let plausible = !extension.is_empty()
        && extension.len() <= MAX_EXTENSION_CHARS
        && extension.chars().all(|c| c.is_ascii_alphanumeric() || "_-+".contains(c));
    (plausible && !stem.is_empty()).then_some(extension)
}
