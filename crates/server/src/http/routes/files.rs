//! `/api/messaging/attachments/`: files and their thumbnails.

use std::time::SystemTime;

use actix_web::{
    Error, FromRequest as _, HttpRequest, HttpResponse, HttpResponseBuilder,
    body::{MessageBody, SizedStream},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{
            AUTHORIZATION, CONTENT_ENCODING, CacheControl, CacheDirective, Charset, ContentDisposition, ContentEncoding, DispositionParam,
            DispositionType, ETag, EntityTag, ExtendedValue, HttpDate, LAST_MODIFIED, LOCATION, RANGE,
        },
    },
    middleware::Next,
    web,
};
use domain::{
    attachment::{Attachment, FileType, Thumbnail},
    id::AttachmentId,
    ports::{Blob, LinkHeaders},
};
use futures_util::stream;
use protocol::error::Code;
use utoipa::ToSchema;

use crate::auth::AuthError;
use crate::http::{
    caller::Caller,
    conditional::{self, Precondition},
    error::ApiError,
    responses::{CommonErrors, NotFound},
    signature::{LinkState, Part},
    state::State,
};
use crate::measure;

/// Bytes.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only the derived documentation is used")]
struct FileBytes(Vec<u8>);

/// A file of a message, to whoever has a signed link to it, or takes part in the conversation.
#[utoipa::path(get, path = "/api/messaging/attachments/{id}/", tag = "messages", operation_id = "get_attachment",
    security((), ("bearer" = [])),
    params(("id" = i64, Path), ("expires" = Option<i64>, Query, description = "Of a signed link."), ("signature" = Option<String>, Query, description = "Of a signed link.")),
    responses((status = 200, description = "The file, under its own type.", body = FileBytes, content_type = "*/*"),
        (status = 206, description = "The range of it that was asked for.", body = FileBytes, content_type = "*/*"), (status = 302, description = "Where downloads are redirected to the object store: a URL of it that works for a minute."), (status = 304, description = "As it was."),
        (status = 416, description = "There is no such range (`range_not_satisfiable`).", body = protocol::error::ErrorBody), NotFound, CommonErrors))]
pub(crate) async fn file(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let attachment = open(&request, &state, Part::File).await?;
    let shown = FileResponse {
        key: &attachment.key,
        mime_type: &attachment.mime_type,
        name: attachment.file_name.clone(),
        inline: is_shown_inline(&attachment),
        size: attachment.file_size,
        attachment: &attachment,
    };
    shown.answer(&request, &state).await
}

/// The thumbnail of a file.
#[utoipa::path(get, path = "/api/messaging/attachments/{id}/thumbnail/", tag = "messages", operation_id = "get_thumbnail",
    security((), ("bearer" = [])),
    params(("id" = i64, Path), ("expires" = Option<i64>, Query, description = "Of a signed link."), ("signature" = Option<String>, Query, description = "Of a signed link.")),
    responses((status = 200, description = "A picture.", content((FileBytes = "image/webp"), (FileBytes = "image/jpeg"))),
        (status = 206, description = "The range of it that was asked for.", content((FileBytes = "image/webp"), (FileBytes = "image/jpeg"))), (status = 302, description = "Where downloads are redirected to the object store: a URL of it that works for a minute."), (status = 304, description = "As it was."),
        (status = 416, description = "There is no such range (`range_not_satisfiable`).", body = protocol::error::ErrorBody), NotFound, CommonErrors))]
pub(crate) async fn thumbnail(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let attachment = open(&request, &state, Part::Thumbnail).await?;
    let thumbnail = attachment.thumbnail.as_ref().ok_or_else(missing)?;
    let Thumbnail { key, mime_type } = thumbnail;
    let size = state.messaging.thumbnail_size(thumbnail).await?;
    let shown = FileResponse {
        key,
        mime_type,
        name: thumbnail_name(&attachment.file_name, mime_type),
        inline: true,
        size: size.ok_or_else(|| lost(&attachment))?,
        attachment: &attachment,
    };
    shown.answer(&request, &state).await
}

fn missing() -> ApiError {
    ApiError::new(Code::AttachmentNotFound)
}

/// A row names an object that is not there.
fn lost(attachment: &Attachment) -> ApiError {
    tracing::error!(attachment.id = %attachment.id, "the object store has lost a file");
    missing()
}

/// The attachment, if the caller may see it. Other callers get the same answer whether the attachment exists or not.
async fn open(request: &HttpRequest, state: &State, part: Part) -> Result<Attachment, ApiError> {
    let id = request.match_info().get("id").and_then(|text| text.parse().ok());
    let id = AttachmentId(id.ok_or_else(missing)?);
    let link = state.link_signer.check(request.query_string(), id, part);
    if link == LinkState::Good {
        return state.messaging.file(id, None).await?.ok_or_else(missing);
    }
    if request.headers().contains_key(AUTHORIZATION) {
        let caller = Caller::from_request(request, &mut Payload::None).await?;
        return state.messaging.file(id, Some(caller.id())).await?.ok_or_else(missing);
    }
    Err(match link {
        LinkState::Unsigned => AuthError::NotAuthenticated.into(),
        // The holder of an expired link has seen the file; deleted files are gone for them too.
        LinkState::Expired if state.messaging.file(id, None).await?.is_some() => AuthError::TokenExpired.into(),
        LinkState::Expired | LinkState::Wrong | LinkState::Good => missing(),
    })
}

/// Types that browsers show without running anything.
fn is_shown_inline(attachment: &Attachment) -> bool {
    matches!(attachment.file_type, FileType::Image | FileType::Audio | FileType::Video) || attachment.mime_type == "application/pdf"
}

fn thumbnail_name(name: &str, mime_type: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let extension = if mime_type == "image/webp" { "webp" } else { "jpg" };
    format!("{stem}-small.{extension}")
}

/// Something of an attachment that is about to go out.
struct FileResponse<'a> {
    key: &'a str,
    mime_type: &'a str,
    name: String,
    inline: bool,
    size: u64,
    attachment: &'a Attachment,
}

impl FileResponse<'_> {
    async fn answer(&self, request: &HttpRequest, state: &State) -> Result<HttpResponse, ApiError> {
        let tag = EntityTag::new_strong(self.key.chars().filter(char::is_ascii_alphanumeric).skip(8).take(24).collect());
        let modified = self.attachment.uploaded_at.to_utc().map(SystemTime::from);
        match conditional::of(request, &tag, modified, self.size) {
            Precondition::Nothing => Ok(self.head(StatusCode::NOT_MODIFIED, tag, modified).finish()),
            Precondition::Unsatisfiable => {
                let mut answer = actix_web::ResponseError::error_response(&ApiError::new(Code::RangeNotSatisfiable));
                let range = format!("bytes */{}", self.size);
                if let Ok(value) = range.parse() {
                    answer.headers_mut().insert(actix_web::http::header::CONTENT_RANGE, value);
                }
                Ok(answer)
            }
            Precondition::Whole => {
                let answer = self.head(StatusCode::OK, tag, modified);
                self.bytes(request, state, answer, 0..self.size).await
            }
            Precondition::Range(range) => {
                let mut answer = self.head(StatusCode::PARTIAL_CONTENT, tag, modified);
                answer.insert_header(("Content-Range", format!("bytes {}-{}/{}", range.start, range.end - 1, self.size)));
                self.bytes(request, state, answer, range).await
            }
        }
    }

    /// Everything but the bytes. `private, no-cache`: kept by the browser alone, and asked about each time, so that a deleted file is gone at once.
    fn head(&self, status: StatusCode, tag: EntityTag, modified: Option<SystemTime>) -> HttpResponseBuilder {
        let mut answer = HttpResponse::build(status);
        answer
            .insert_header(ETag(tag))
            .insert_header(CacheControl(vec![CacheDirective::Private, CacheDirective::NoCache]))
            .insert_header(("Accept-Ranges", "bytes"))
            .insert_header(("X-Content-Type-Options", "nosniff"))
            .insert_header(("Content-Security-Policy", "sandbox"))
            .insert_header(("Referrer-Policy", "no-referrer"))
            // If the answer were compressed, its length and its ranges would be wrong.
            .insert_header(ContentEncoding::Identity);
        if let Some(modified) = modified {
            answer.insert_header((LAST_MODIFIED, HttpDate::from(modified)));
        }
        if status != StatusCode::NOT_MODIFIED {
            answer
                .insert_header(self.disposition())
                .insert_header(("Content-Type", self.mime_type));
        }
        answer
    }

    /// RFC 6266: the name in any script, and a version of it that old clients can read.
    fn disposition(&self) -> ContentDisposition {
        let plain = |letter: char| {
            if letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%') || letter == ' ' {
                letter
            } else {
                '_'
            }
        };
        let mut parameters = vec![DispositionParam::Filename(self.name.chars().map(plain).collect())];
        if !self.name.chars().all(|letter| plain(letter) == letter) {
            parameters.push(DispositionParam::FilenameExt(ExtendedValue {
                charset: Charset::Ext("UTF-8".to_owned()),
                language_tag: None,
                value: self.name.clone().into_bytes(),
            }));
        }
        ContentDisposition {
            disposition: if self.inline {
                DispositionType::Inline
            } else {
                DispositionType::Attachment
            },
            parameters,
        }
    }

    async fn bytes(
        &self,
        request: &HttpRequest,
        state: &State,
        mut answer: HttpResponseBuilder,
        range: std::ops::Range<u64>,
    ) -> Result<HttpResponse, ApiError> {
        let length = range.end - range.start;
        if request.method() == Method::HEAD || length == 0 {
            return Ok(answer.body(SizedStream::new(length, stream::empty::<Result<web::Bytes, std::io::Error>>())));
        }
        let disposition = self.disposition().to_string();
        let headers = LinkHeaders {
            content_type: self.mime_type,
            content_disposition: &disposition,
        };
        if let Some(url) = state.messaging.link(self.key, &headers).await? {
            metrics::counter!(measure::FILES_REDIRECTED).increment(1);
            return Ok(HttpResponse::Found()
                .insert_header((LOCATION, url))
                // The URL works for a minute, and a deleted file must be gone at once.
                .insert_header(CacheControl(vec![CacheDirective::Private, CacheDirective::NoStore]))
                .insert_header(("Referrer-Policy", "no-referrer"))
                .finish());
        }
        let found = state.messaging.bytes(self.key, Some(range)).await?;
        let Blob { bytes, .. } = found.ok_or_else(|| lost(self.attachment))?;
        metrics::counter!(measure::FILES_SERVED, "range" => if request.headers().contains_key(RANGE) { "yes" } else { "no" }).increment(1);
        Ok(answer.body(SizedStream::new(length, bytes)))
    }
}

/// A middleware around the compressor. It removes `Content-Encoding: identity`, the mark by which the compressor skips an answer (RFC 9110, 8.4.1).
pub(crate) async fn strip_identity_encoding<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "identity") {
        headers.remove(CONTENT_ENCODING);
    }
    Ok(response)
}
