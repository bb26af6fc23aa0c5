//! The sender's declaration about a file: the extension of its name, and its declared MIME type. A declaration can refuse a file, and it tells apart types without a signature.

use super::{
    error::Refusal,
    kind::{ALLOWED_TYPES, Format, Kind},
    name,
};

/// Extensions of programs, scripts and documents with scripts. A file is downloaded under its own name, so these are refused whatever the content.
const EXECUTABLE_EXTENSIONS: &[&str] = &[
    "action", "apk", "app", "appimage", "appx", "bash", "bat", "cmd", "com", "command", "cpl", "csh", "deb", "desktop", "dll", "dmg",
    "docm", "dotm", "dylib", "elf", "exe", "gadget", "hta", "htm", "html", "inf", "ipa", "iso", "jar", "js", "jse", "jsp", "ksh", "lnk",
    "mht", "mhtml", "mjs", "msi", "msix", "msp", "o", "php", "phtml", "pif", "pkg", "pl", "potm", "ppam", "ppsm", "pptm", "ps1", "psm1",
    "py", "pyc", "rb", "reg", "rpm", "run", "scf", "scpt", "scr", "sh", "shtml", "so", "svg", "svgz", "swf", "sys", "url", "vb", "vbe",
    "vbs", "wasm", "webloc", "workflow", "ws", "wsc", "wsf", "wsh", "xht", "xhtml", "xla", "xlam", "xll", "xlsm", "xltm", "xml", "xpi",
    "xsl", "xslt", "zsh",
];

/// MIME types of the same.
const EXECUTABLE_TYPES: &[&str] = &[
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

/// Other MIME types that clients send for allowed types.
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

/// Formats that may be mistaken for each other without harm.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Image,
    /// Audio and video share containers.
    AudioVideo,
    /// Documents, and the archive formats that they are made of.
    Document,
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
        | Format::Flac => Family::AudioVideo,
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
        | Format::Zip => Family::Document,
        Format::Text | Format::Csv => Family::Text,
    }
}

/// The extension of a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extension {
    Missing,
    /// An extension of an allowed type.
    Known(Format),
    /// An extension that belongs to no allowed type.
    Unknown,
}

/// The sender's declaration about a file.
#[derive(Clone, Debug)]
pub(super) struct Declaration {
    pub(super) extension: Extension,
    /// The format of the declared MIME type, if it is allowed. None for `text/plain` and `application/octet-stream`, which clients send for unknown types.
    pub(super) mime_format: Option<Format>,
    /// Whether the declared MIME type is neither allowed nor generic.
    pub(super) has_unknown_type: bool,
}

impl Declaration {
    /// Refuses names and MIME types of programs, scripts and markup.
    pub(super) fn new(declared_type: Option<&str>, file_name: &str) -> Result<Self, Refusal> {
        let extension = name::extension(&name::sanitise(file_name)).map(str::to_ascii_lowercase);
        if extension
            .as_deref()
            .is_some_and(|extension| EXECUTABLE_EXTENSIONS.contains(&extension))
        {
            return Err(Refusal::Type("the name is that of a program, a script or a web page"));
        }
        let essence = declared_type
            .unwrap_or_default()
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        if EXECUTABLE_TYPES.contains(&essence.as_str()) {
            return Err(Refusal::Type("the declared type is that of a program, a script or a web page"));
        }
        let mime_format = by_type(&essence);
        let is_generic = ["", "application/octet-stream", "binary/octet-stream", "text/plain", "*/*"].contains(&essence.as_str());
        Ok(Self {
            extension: extension.map_or(Extension::Missing, |extension| {
                by_extension(&extension).map_or(Extension::Unknown, Extension::Known)
            }),
            mime_format: mime_format.filter(|_| !is_generic),
            has_unknown_type: mime_format.is_none() && !is_generic,
        })
    }

    /// The declared format. The extension comes first, since browsers guess the MIME type from it.
    pub(super) fn format(&self) -> Option<Format> {
        match self.extension {
            Extension::Known(format) => Some(format),
            Extension::Missing | Extension::Unknown => self.mime_format,
        }
    }

    /// Whether the declared format is one of these.
    pub(super) fn is_one_of(&self, formats: &[Format]) -> bool {
        self.format().is_some_and(|format| formats.contains(&format))
    }

    /// The kind of a file with this content. Refuses it if the declared format is of another family.
    pub(super) fn check_family(&self, content: Format) -> Result<Kind, Refusal> {
        match self.format() {
            Some(declared) if family(declared) != family(content) => Err(Refusal::Type("the content does not match the name")),
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
            .zip(ALLOWED_TYPES)
            .find(|(_, allowed)| allowed.mime_type == essence)
            .map(|(format, _)| format)
    })
}
