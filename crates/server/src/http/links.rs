//! Absolute URLs of this service, as its clients reach it.

use actix_web::HttpRequest;
use domain::attachment::Attachment;
use protocol::render::Links;

use super::signature::{LinkSigner, Part};

/// Where clients reach the service: `server.public_url`, else what the request says; without a slash at the end.
#[derive(Clone, Debug)]
pub(crate) struct PublicUrl(Option<String>);

impl PublicUrl {
    /// From the setting.
    pub(crate) fn new(setting: Option<&str>) -> Self {
        Self(setting.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// The base of absolute URLs in the answer to this request.
    pub(crate) fn base(&self, request: &HttpRequest) -> String {
        if let Some(url) = &self.0 {
            return url.clone();
        }
        let connection = request.connection_info();
        format!("{}://{}", connection.scheme(), connection.host())
    }
}

/// An absolute URL with this query; values are escaped.
pub(super) fn url<'a>(base: &str, path: &str, query: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query {
        text.append_pair(name, &value);
    }
    let query = text.finish();
    if query.is_empty() {
        format!("{base}{path}")
    } else {
        format!("{base}{path}?{query}")
    }
}

/// The URLs of files.
#[derive(Clone)]
pub(crate) struct FileLinks {
    base: String,
    signer: LinkSigner,
}

impl FileLinks {
    /// Below this base.
    pub(crate) fn new(base: String, signer: LinkSigner) -> Self {
        Self { base, signer }
    }

    fn url(&self, attachment: &Attachment, part: Part) -> String {
        let path = match part {
            Part::File => "",
            Part::Thumbnail => "thumbnail/",
        };
        let query = self.signer.sign(attachment.id, part);
        format!("{}/api/messaging/attachments/{}/{path}?{query}", self.base, attachment.id)
    }
}

impl Links for FileLinks {
    fn file(&self, attachment: &Attachment) -> String {
        self.url(attachment, Part::File)
    }

    fn thumbnail(&self, attachment: &Attachment) -> Option<String> {
        attachment.thumbnail_key.as_ref().map(|_| self.url(attachment, Part::Thumbnail))
    }
}
