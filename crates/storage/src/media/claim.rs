//! What the sender says of a file: the extension of its name and the declared type. It forbids, and tells apart what has no signature.

use super::{
    decide::Refusal,
    kind::{ALLOWED, Format, Kind},
    name,
};

/// What runs or is rendered with script when it is opened by this name, whatever is inside. The name is kept for downloads, so such a one is refused.
const ACTIVE_EXTENSIONS: &[&str] = &[
    "action", "apk", "app", "appimage", "appx", "bash", "bat", "cmd", "com", "command", "cpl", "csh", "deb", "desktop", "dll", "dmg",
    "docm", "dotm", "dylib", "elf", "exe", "gadget", "hta", "htm", "html", "inf", "ipa", "iso", "jar", "js", "jse", "jsp", "ksh", "lnk",
    "mht", "mhtml", "mjs", "msi", "msix", "msp", "o", "php", "phtml", "pif", "pkg", "pl", "potm", "ppam", "ppsm", "pptm", "ps1", "psm1",
    "py", "pyc", "rb", "reg", "rpm", "run", "scf", "scpt", "scr", "sh", "shtml", "so", "svg", "svgz", "swf", "sys", "url", "vb", "vbe",
    "vbs", "wasm", "webloc", "workflow", "ws", "wsc", "wsf", "wsh", "xht", "xhtml", "xla", "xlam", "xll", "xlsm", "xltm", "xml", "xpi",
    "xsl", "xslt", "zsh",
];

/// The same by declared type.
const ACTIVE_TYPES: &[&str] = &[
    "application/ecmascript",
    "application/hta",
    "application/java-archive",
    "application/javascript",
    "application/vnd.android.package-archive",
    "application/vnd.microsoft.portable-executable",
    "application/wasm",
    "application/x-bat",
    "application/x-dosexec",
    "application/x-elf",
    "application/x-executable",
    "application/x-httpd-php",
    "application/x-javascript",
    "application/x-mach-binary",
    "application/x-ms-installer",
    "application/x-msdos-program",
    "application/x-msdownload",
    "application/x-msi",
    "application/x-php",
    "application/x-sh",
    "application/x-sharedlib",
    "application/x-shellscript",
    "application/xhtml+xml",
    "application/xml",
    "image/svg",
    "image/svg+xml",
    "text/ecmascript",
    "text/html",
    "text/javascript",
    "text/x-shellscript",
    "text/xml",
];

/// Other names under which clients declare allowed types.
const ALIASES: &[(&str, Format)] = &[
    ("application/csv", Format::Csv),
    ("application/ogg", Format::Ogg),
    ("application/x-pdf", Format::Pdf),
    ("application/x-zip", Format::Zip),
    ("application/x-zip-compressed", Format::Zip),
    ("audio/aac", Format::M4a),
    ("audio/m4a", Format::M4a),
    ("audio/mp3", Format::Mp3),
    ("audio/opus", Format::Ogg),
    ("audio/wave", Format::Wav),
    ("audio/x-flac", Format::Flac),
    ("audio/x-m4a", Format::M4a),
    ("audio/x-wav", Format::Wav),
    ("image/heif", Format::Heic),
    ("image/jpg", Format::Jpeg),
    ("image/pjpeg", Format::Jpeg),
    ("image/x-png", Format::Png),
    ("text/comma-separated-values", Format::Csv),
    ("video/x-m4v", Format::Mp4),
];

/// What may be mistaken for each other without harm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Image,
    /// Sound and film share containers.
    Media,
    /// Documents and the archives that they are made of.
    Paper,
    Text,
}

const fn family(format: Format) -> Family {
    match format {
        Format::Jpeg | Format::Png | Format::Gif | Format::WebP | Format::Avif | Format::Heic => Family::Image,
        Format::Mp4
        | Format::WebM
        | Format::Mov
        | Format::Mp3
        | Format::M4a
        | Format::Ogg
        | Format::WebMAudio
        | Format::Wav
        | Format::Flac => Family::Media,
        Format::Pdf
        | Format::Doc
        | Format::Docx
        | Format::Xls
        | Format::Xlsx
        | Format::Ppt
        | Format::Pptx
        | Format::Odt
        | Format::Ods
        | Format::Odp
        | Format::Zip => Family::Paper,
        Format::Text | Format::Csv => Family::Text,
    }
}

/// How the name speaks of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    /// There is none.
    None,
    /// One of an allowed type.
    Of(Format),
    /// Any other.
    Foreign,
}

/// What the sender says.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) extension: Extension,
    /// The declared type, where it is an allowed one. `text/plain` and `application/octet-stream` are what clients say who do not know.
    pub(super) declared: Option<Format>,
    /// Something was declared that is neither allowed nor meaningless.
    pub(super) foreign_type: bool,
}

impl Claim {
    /// Refuses names and declared types of programs, scripts and markup.
    pub(super) fn new(declared: Option<&str>, file_name: &str) -> Result<Self, Refusal> {
        let extension = name::extension(&name::sanitise(file_name)).map(str::to_ascii_lowercase);
        if extension.as_deref().is_some_and(|extension| ACTIVE_EXTENSIONS.contains(&extension)) {
            return Err(Refusal::Type("the name is one of a program, a script or a web page"));
        }
        let essence = declared
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if ACTIVE_TYPES.contains(&essence.as_str()) {
            return Err(Refusal::Type("it is declared as a program, a script or a web page"));
        }
        let declared = by_type(&essence);
        let meaningless = ["", "application/octet-stream", "binary/octet-stream", "text/plain", "*/*"].contains(&essence.as_str());
        Ok(Self {
            extension: extension.map_or(Extension::None, |extension| {
                by_extension(&extension).map_or(Extension::Foreign, Extension::Of)
            }),
            declared: declared.filter(|_| !meaningless),
            foreign_type: declared.is_none() && !meaningless,
        })
    }

    /// What the sender takes it for: the name first, since the declared type is mostly guessed from it.
    pub(super) fn format(&self) -> Option<Format> {
        match self.extension {
            Extension::Of(format) => Some(format),
            Extension::None | Extension::Foreign => self.declared,
        }
    }

    /// The kind of this content, unless it claims to be something of another family.
    pub(super) fn admit(&self, content: Format) -> Result<Kind, Refusal> {
        match self.format() {
            Some(claimed) if family(claimed) != family(content) => Err(Refusal::Type("the content is not what the name says")),
            _ => Ok(content.into()),
        }
    }
}

fn by_extension(extension: &str) -> Option<Format> {
    Format::ALL
        .iter()
        .copied()
        .find(|format| format.allowed().extensions.contains(&extension))
}

fn by_type(essence: &str) -> Option<Format> {
    let alias = ALIASES.iter().find(|(name, _)| *name == essence).map(|(_, format)| *format);
    alias.or_else(|| {
        Format::ALL
            .iter()
            .copied()
            .zip(ALLOWED)
            .find(|(_, allowed)| allowed.mime_type == essence)
            .map(|(format, _)| format)
    })
}
