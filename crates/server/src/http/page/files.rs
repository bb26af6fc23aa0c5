//! The files that `npm run build` left in `web/dist/page`, embedded when this program was built.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write as _},
};

use actix_web::{http::header::Encoding, web::Bytes};
use aws_lc_rs::digest;
use flate2::{Compression, write::GzEncoder};
use rust_embed::{Embed, EmbeddedFile};

/// Empty without a build: the service is complete without its page. `build.rs` watches the folder.
#[derive(Embed)]
#[folder = "../../web/dist/page"]
#[allow_missing = true]
struct Build;

const INDEX: &str = "index.html";
/// Suffixes of compressed forms, the smallest first.
const COMPRESSED: [&str; 2] = [".br", ".gz"];

/// A file of the page.
pub(crate) struct File {
    pub(super) plain: Bytes,
    /// The smallest encoding first.
    pub(super) compressed: Vec<(Encoding, Bytes)>,
    pub(super) content_type: String,
    /// Changes with the content.
    pub(super) tag: String,
}

impl File {
    /// Compressed here, at the price of some milliseconds.
    pub(in crate::http) fn compressed(plain: Bytes, content_type: String) -> io::Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&plain)?;
        let compressed = vec![(Encoding::gzip(), encoder.finish()?.into())];
        let hash = digest::digest(&digest::SHA256, &plain);
        Ok(Self {
            tag: hex(&hash.as_ref()[..16]),
            plain,
            compressed,
            content_type,
        })
    }
}

/// All files of the page, by their paths in the build.
#[derive(Default)]
pub(super) struct Files {
    index: Option<String>,
    others: HashMap<String, File>,
}

impl Files {
    /// Those embedded in this program.
    pub(super) fn embedded() -> Self {
        let names: Vec<Cow<'static, str>> = Build::iter().collect();
        Self::gather(&names, |name| Build::get(name).map(|file| (tag(&file), bytes(file.data))))
    }

    /// The compressed form of a file lies beside it, with `.br` or `.gz` after its name.
    pub(super) fn gather<N: AsRef<str>>(names: &[N], get: impl Fn(&str) -> Option<(String, Bytes)>) -> Self {
        let mut files = Self::default();
        for name in names.iter().map(AsRef::as_ref) {
            let Some((tag, plain)) = get(name) else { continue };
            if name == INDEX {
                files.index = Some(String::from_utf8_lossy(&plain).into_owned());
            } else if COMPRESSED.iter().all(|suffix| !name.ends_with(suffix)) {
                let compressed = |(suffix, encoding)| get(&format!("{name}{suffix}")).map(|(_, bytes)| (encoding, bytes));
                let file = File {
                    plain,
                    compressed: COMPRESSED
                        .into_iter()
                        .zip([Encoding::brotli(), Encoding::gzip()])
                        .filter_map(compressed)
                        .collect(),
                    content_type: mime_guess::from_path(name).first_or_octet_stream().to_string(),
                    tag,
                };
                files.others.insert(name.to_owned(), file);
            }
        }
        files
    }

    /// The page itself, as it was built.
    pub(super) fn index(&self) -> Option<&str> {
        self.index.as_deref()
    }

    /// Any other file of it.
    pub(super) fn get(&self, name: &str) -> Option<&File> {
        self.others.get(name)
    }
}

fn bytes(data: Cow<'static, [u8]>) -> Bytes {
    match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    }
}

/// Half of the hash distinguishes two files.
fn tag(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hex(&hash[..16])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |tag, byte| tag + &format!("{byte:02x}"))
}
