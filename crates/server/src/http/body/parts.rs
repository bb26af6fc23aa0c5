//! `multipart/form-data`, part by part.

mod disposition;

use std::{cell::Cell, rc::Rc, time::Duration};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpRequest,
    error::PayloadError,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderValue},
    web::{self, Bytes},
};
use futures_util::StreamExt as _;
use protocol::{
    error::{Code, ErrorBody},
    fields::Fields,
};

use crate::http::{
    body::{self, JSON_BYTES, timeout::BodyReader},
    error::ApiError,
};
use disposition::Disposition;

/// Characters of a field's name that an error repeats.
const NAME_CHARS: usize = 100;

/// The size limits of a form.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Of all parts' contents. Errors name this limit.
    pub(crate) content: u64,
    /// Of all bytes received: the separators between parts are no content, but have a limit too.
    pub(crate) wire: u64,
}

/// The parts of a form, as they arrive.
pub(crate) struct Parts {
    multipart: Multipart,
    wire: Rc<Wire>,
    limits: Limits,
    waiting: BodyReader,
    content: u64,
}

/// The bytes received for this form, and their limit.
struct Wire {
    bytes: Cell<u64>,
    limit: u64,
}

impl Wire {
    fn pass(&self, bytes: Bytes) -> Result<Bytes, PayloadError> {
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
        if self.is_too_much() {
            Err(PayloadError::Overflow)
        } else {
            Ok(bytes)
        }
    }

    fn is_too_much(&self) -> bool {
        self.bytes.get() > self.limit
    }
}

/// One part of a form.
pub(crate) struct Part {
    /// The name of the field.
    pub(crate) name: String,
    /// As the client names it. A part is a file if it has one, even an empty one.
    pub(crate) file_name: Option<String>,
    field: Field,
}

impl Part {
    fn of(field: Field) -> Result<Self, ApiError> {
        let header = field.headers().get(CONTENT_DISPOSITION);
        let Disposition { name, file_name } = header
            .and_then(|header| disposition::parse(header.as_bytes()))
            .ok_or_else(malformed)?;
        Ok(Self { name, file_name, field })
    }

    /// The media type that the client declares.
    pub(crate) fn declared_type(&self) -> Option<String> {
        self.field.content_type().map(ToString::to_string)
    }
}

impl Parts {
    /// Reads the form of this request within this time, unless it declares a length above the limit.
    pub(crate) fn new(request: &HttpRequest, payload: web::Payload, limits: Limits, longest: Duration) -> Result<Self, ApiError> {
        if body::declared_length(request.headers()).is_some_and(|length| length > limits.wire) {
            return Err(too_large(limits));
        }
        let wire = Rc::new(Wire {
            bytes: Cell::new(0),
            limit: limits.wire,
        });
        let counted = wire.clone();
        // Here, since a form may have any number of bytes in front of its first part.
        let bounded = payload.map(move |chunk| chunk.and_then(|bytes| counted.pass(bytes)));
        Ok(Self {
            multipart: Multipart::new(&mixed(request.headers()), bounded),
            wire,
            limits,
            waiting: BodyReader::new(request, longest),
            content: 0,
        })
    }

    /// The next part. The one before is skipped as far as it was not read.
    pub(crate) async fn next(&mut self) -> Result<Option<Part>, ApiError> {
        let next = self.waiting.next(&mut self.multipart).await?;
        self.arrived(next)?.map(Part::of).transpose()
    }

    /// The next bytes of a part.
    pub(crate) async fn bytes(&mut self, part: &mut Part) -> Result<Option<Bytes>, ApiError> {
        let next = self.waiting.next(&mut part.field).await?;
        let Some(bytes) = self.arrived(next)? else { return Ok(None) };
        self.content += bytes.len() as u64;
        if self.content > self.limits.content {
            return Err(too_large(self.limits));
        }
        Ok(Some(bytes))
    }

    /// Is there time left? What is done with the parts takes some too.
    pub(crate) fn check_time(&self) -> Result<(), ApiError> {
        self.waiting.check()
    }

    fn arrived<T>(&mut self, next: Option<Result<T, MultipartError>>) -> Result<Option<T>, ApiError> {
        self.waiting.brought(self.wire.bytes.get());
        next.transpose().map_err(|error| {
            tracing::debug!(%error, "a form could not be read");
            if self.wire.is_too_much() {
                too_large(self.limits)
            } else {
                malformed()
            }
        })
    }
}

/// The headers for the library, which refuses parts of `multipart/form-data` whose names are not UTF-8; it looks at no names in `multipart/mixed`.
fn mixed(headers: &HeaderMap) -> HeaderMap {
    let mut mixed = HeaderMap::new();
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Some((_, parameters)) = given.and_then(|value| value.split_once(';'))
        && let Ok(value) = HeaderValue::from_str(&format!("multipart/mixed;{parameters}"))
    {
        mixed.insert(CONTENT_TYPE, value);
    }
    mixed
}

fn malformed() -> ApiError {
    ErrorBody::saying(Code::InvalidRequest, "The form is malformed, or has not arrived whole.").into()
}

fn too_large(limits: Limits) -> ApiError {
    let limit = limits.content;
    ErrorBody::saying(Code::PayloadTooLarge, format!("The request is larger than {limit} bytes."))
        .with_limit(limit)
        .into()
}

/// The parts of a form that are no files.
pub(crate) struct Texts {
    pairs: Vec<(String, String)>,
    /// Of names and values.
    bytes: usize,
    most: usize,
}

impl Texts {
    /// At most so many.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            pairs: Vec::new(),
            bytes: 0,
            most,
        }
    }

    pub(crate) async fn take(&mut self, parts: &mut Parts, mut part: Part) -> Result<(), ApiError> {
        let most = self.most;
        if self.pairs.len() == most {
            return Err(ErrorBody::saying(Code::InvalidRequest, format!("A form can have at most {most} texts.")).into());
        }
        self.bytes += part.name.len();
        let mut value = Vec::new();
        while let Some(bytes) = parts.bytes(&mut part).await? {
            self.bytes += bytes.len();
            if self.bytes > JSON_BYTES {
                return Err(ApiError::payload_too_large(JSON_BYTES));
            }
            value.extend_from_slice(&bytes);
        }
        let text = String::from_utf8(value).map_err(|_| not_utf_8(&part.name))?;
        self.pairs.push((part.name, text));
        Ok(())
    }

    /// Those that have been taken.
    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// All of them, ready to be asked for.
    pub(crate) fn into_fields(self) -> Fields {
        Fields::from_pairs(self.pairs)
    }
}

/// The fields of a form that may have no files.
pub(crate) async fn fields(request: &HttpRequest, payload: web::Payload) -> Result<Fields, ApiError> {
    let limit = JSON_BYTES as u64;
    let limits = Limits {
        content: limit,
        wire: limit,
    };
    let mut parts = Parts::new(request, payload, limits, body::longest(JSON_BYTES))?;
    let mut texts = Texts::new(usize::MAX);
    while let Some(part) = parts.next().await? {
        if part.file_name.is_some() {
            refuse_file(&mut parts, part, "This call takes no files.").await?;
        } else {
            texts.take(&mut parts, part).await?;
        }
    }
    Ok(texts.into_fields())
}

/// A file where none is expected. Browsers send an empty one without a name where no file was chosen, which is left out.
pub(crate) async fn refuse_file(parts: &mut Parts, mut part: Part, reason: &str) -> Result<(), ApiError> {
    let has_name = part.file_name.as_ref().is_some_and(|name| !name.is_empty());
    if has_name || parts.bytes(&mut part).await?.is_some() {
        return Err(ApiError::field(&shown(&part.name), reason));
    }
    Ok(())
}

pub(crate) fn not_utf_8(name: &str) -> ApiError {
    ApiError::field(&shown(name), "Must be UTF-8.")
}

/// The beginning of a field's name: anything may be called a name.
fn shown(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}
