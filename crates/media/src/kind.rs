//! The allowed file types.

use domain::attachment::FileType;

/// An allowed file type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowedType {
    /// The `Content-Type` of downloads.
    pub mime_type: &'static str,
    /// In lower case, without a dot.
    pub extensions: &'static [&'static str],
    /// How clients show files of this type.
    pub file_type: FileType,
}

/// The type of a file, decided by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// How clients show the file.
    pub file_type: FileType,
    /// The `Content-Type` of downloads; one of [`ALLOWED_TYPES`].
    pub mime_type: &'static str,
    pub(super) format: Format,
}

impl Kind {
    /// Whether [`inspect_image`](crate::inspect_image) and [`strip`](crate::strip()) apply.
    pub fn is_image(&self) -> bool {
        self.file_type == FileType::Image
    }
}

macro_rules! formats {
    ($($format:ident: $file_type:ident $mime_type:literal [$($extension:literal),+];)+) => {
        /// The formats that this crate tells apart, in the order of [`ALLOWED_TYPES`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Format { $($format),+ }

        /// The allowed file types (contract, section 5).
        pub const ALLOWED_TYPES: &[AllowedType] = &[
            $(AllowedType { mime_type: $mime_type, extensions: &[$($extension),+], file_type: FileType::$file_type }),+
        ];

        impl Format {
            pub(super) const ALL: &[Self] = &[$(Self::$format),+];

            pub(super) const fn allowed(self) -> &'static AllowedType {
                &ALLOWED_TYPES[self as usize]
            }
        }
    };
}

formats! {
    Jpeg: Image "image/jpeg" ["jpg", "jpeg"];
    Png: Image "image/png" ["png"];
    Gif: Image "image/gif" ["gif"];
    WebP: Image "image/webp" ["webp"];
    Avif: Image "image/avif" ["avif"];
    Heic: Image "image/heic" ["heic", "heif"];
    Mp4: Video "video/mp4" ["mp4", "m4v"];
    WebM: Video "video/webm" ["webm"];
    Mov: Video "video/quicktime" ["mov"];
    Mp3: Audio "audio/mpeg" ["mp3"];
    M4a: Audio "audio/mp4" ["m4a"];
    Ogg: Audio "audio/ogg" ["ogg", "oga", "opus"];
    WebMAudio: Audio "audio/webm" ["weba"];
    Wav: Audio "audio/wav" ["wav"];
    Flac: Audio "audio/flac" ["flac"];
    Pdf: Document "application/pdf" ["pdf"];
    Doc: Document "application/msword" ["doc"];
    Docx: Document "application/vnd.openxmlformats-officedocument.wordprocessingml.document" ["docx"];
    Xls: Document "application/vnd.ms-excel" ["xls"];
    Xlsx: Document "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" ["xlsx"];
    Ppt: Document "application/vnd.ms-powerpoint" ["ppt"];
    Pptx: Document "application/vnd.openxmlformats-officedocument.presentationml.presentation" ["pptx"];
    Odt: Document "application/vnd.oasis.opendocument.text" ["odt"];
    Ods: Document "application/vnd.oasis.opendocument.spreadsheet" ["ods"];
    Odp: Document "application/vnd.oasis.opendocument.presentation" ["odp"];
    Text: Document "text/plain" ["txt"];
    Csv: Document "text/csv" ["csv"];
    Zip: Other "application/zip" ["zip"];
}

impl From<Format> for Kind {
    fn from(format: Format) -> Self {
        let AllowedType { mime_type, file_type, .. } = *format.allowed();
        Self {
            file_type,
            mime_type,
            format,
        }
    }
}
