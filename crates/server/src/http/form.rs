//! `multipart/form-data`, as browsers send messages with files.

use std::{cell::Cell, rc::Rc, sync::Arc, time::Duration};

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::{
    HttpRequest,
    error::PayloadError,
    http::header::CONTENT_TYPE,
    web::{self, Bytes},
};
use domain::{
    attachment::NewAttachment,
    id::{MessageId, UserId},
    messaging::{self, Foreseen},
};
use futures_util::{Stream, StreamExt as _};
use protocol::{
    error::{Code, ErrorBody},
    fields::Fields,
    rest::request,
};
use storage::intake::{IntakeError, Unclaimed};

use super::{
    body::{self, JSON_BYTES},
    error::ApiError,
    incoming::Waiting,
    places::{Full, Place},
    state::State,
};

/// The name under which files come.
const FILES: &str = "attachment_files";

/// What takes longer could not be told from the orphans that are swept (`domain::messaging::ORPHAN_AGE`).
const LONGEST: Duration = Duration::from_mins(50);

/// Several times as many as a message has fields.
const MAX_TEXTS: usize = 64;

/// A form with a message.
pub(super) struct Form {
    /// What is said in words.
    pub(super) fields: Fields,
    /// In order. Their objects are deleted unless they are claimed.
    pub(super) files: Vec<(NewAttachment, Unclaimed)>,
    /// The message is stored already, as was noticed before any file was taken in. The rest of the form was not read.
    pub(super) already: Option<MessageId>,
}

/// Is the body a form?
pub(super) fn is_multipart(request: &HttpRequest) -> bool {
    let content_type = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    content_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
}

/// Reads the form, and takes its files in as they come.
pub(super) async fn read(state: &State, actor: UserId, request: &HttpRequest, payload: web::Payload) -> Result<Form, ApiError> {
    let mut reader = Reader::new(state, actor, request)?;
    let raw = reader.raw.clone();
    // Here, since a form may have any number of bytes in front of its first part.
    let bounded = payload.map(move |chunk| chunk.and_then(|bytes| raw.pass(bytes)));
    let mut parts = Multipart::new(request.headers(), bounded);
    while let Some(part) = reader.wait(&mut parts).await? {
        reader.part(part).await?;
        if reader.already.is_some() {
            break;
        }
    }
    // The last file may have waited for its turn to be looked at.
    reader.waiting.check()?;
    Ok(Form {
        fields: Fields::from_pairs(reader.texts),
        files: reader.files,
        already: reader.already,
    })
}

/// What came over the wire.
struct Raw {
    bytes: Cell<u64>,
    /// Of bytes. What separates the parts does not count as theirs, but there is an end to it too.
    limit: u64,
}

impl Raw {
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

struct Reader<'a> {
    state: &'a State,
    actor: UserId,
    raw: Rc<Raw>,
    waiting: Waiting,
    /// Bytes of all parts, and of those that are texts.
    content: u64,
    text: usize,
    texts: Vec<(String, String)>,
    files: Vec<(NewAttachment, Unclaimed)>,
    /// Held while files come in.
    place: Option<Arc<Place>>,
    foreseen: bool,
    already: Option<MessageId>,
}

impl<'a> Reader<'a> {
    /// Unless the body says beforehand that it is too large.
    fn new(state: &'a State, actor: UserId, request: &HttpRequest) -> Result<Self, ApiError> {
        let request_bytes = state.client_config.limits.request_bytes;
        let limit = request_bytes.saturating_add(JSON_BYTES as u64);
        if body::declared_length(request.headers()).is_some_and(|length| length > limit) {
            return Err(request_too_large(request_bytes));
        }
        Ok(Self {
            state,
            actor,
            raw: Rc::new(Raw {
                bytes: Cell::new(0),
                limit,
            }),
            waiting: Waiting::new(request, LONGEST),
            content: 0,
            text: 0,
            texts: Vec::new(),
            files: Vec::new(),
            place: None,
            foreseen: false,
            already: None,
        })
    }

    fn request_bytes(&self) -> u64 {
        self.state.client_config.limits.request_bytes
    }

    async fn part(&mut self, part: Field) -> Result<(), ApiError> {
        let Some(name) = part.name().map(str::to_owned) else {
            return Err(ApiError::new(Code::InvalidRequest));
        };
        let file_name = file_name(&part);
        if name == FILES {
            self.file(part, file_name.unwrap_or_default()).await
        } else if file_name.is_some() {
            self.skip(part).await
        } else {
            self.words(part, name).await
        }
    }

    /// The next part, or the next bytes of one.
    async fn wait<T>(&mut self, source: &mut (impl Stream<Item = Result<T, MultipartError>> + Unpin)) -> Result<Option<T>, ApiError> {
        let next = self.waiting.next(source).await?;
        self.waiting.brought(self.raw.bytes.get());
        next.transpose().map_err(|error| self.broken(&error))
    }

    /// The next bytes of a part, counted.
    async fn next(&mut self, part: &mut Field) -> Result<Option<Bytes>, ApiError> {
        let Some(bytes) = self.wait(part).await? else { return Ok(None) };
        self.content += bytes.len() as u64;
        if self.content > self.request_bytes() {
            return Err(request_too_large(self.request_bytes()));
        }
        Ok(Some(bytes))
    }

    /// The form did not arrive as one.
    fn broken(&self, error: &MultipartError) -> ApiError {
        tracing::debug!(%error, "a form could not be read");
        if self.raw.is_too_much() {
            request_too_large(self.request_bytes())
        } else {
            ErrorBody::saying(Code::InvalidRequest, "The form is malformed, or has not arrived whole.").into()
        }
    }

    /// A text.
    async fn words(&mut self, mut part: Field, name: String) -> Result<(), ApiError> {
        if self.texts.len() == MAX_TEXTS {
            return Err(ErrorBody::saying(Code::InvalidRequest, format!("A form can have at most {MAX_TEXTS} texts.")).into());
        }
        self.text += name.len();
        let mut value = Vec::new();
        while let Some(bytes) = self.next(&mut part).await? {
            self.text += bytes.len();
            if self.text > JSON_BYTES {
                return Err(ApiError::payload_too_large(JSON_BYTES));
            }
            value.extend_from_slice(&bytes);
        }
        let text = String::from_utf8(value).map_err(|_| ApiError::field(&name, "Must be UTF-8."))?;
        self.texts.push((name, text));
        Ok(())
    }

    /// A file under a name that means nothing here.
    async fn skip(&mut self, mut part: Field) -> Result<(), ApiError> {
        while self.next(&mut part).await?.is_some() {}
        Ok(())
    }

    /// A file of the message.
    async fn file(&mut self, mut part: Field, file_name: String) -> Result<(), ApiError> {
        let first = self.next(&mut part).await?;
        if file_name.is_empty() && first.is_none() {
            // What browsers send where no file was chosen.
            return Ok(());
        }
        let limit = self.state.client_config.limits.files_per_message;
        if self.files.len() as u64 >= limit {
            return Err(
                ErrorBody::saying(Code::TooManyFiles, format!("A message can have at most {limit} files."))
                    .with_limit(limit)
                    .into(),
            );
        }
        let place = self.admit().await?;
        if self.already.is_some() {
            return Ok(());
        }
        let declared = part.content_type().map(ToString::to_string);
        let mut receiving = self.state.intake.receive(&file_name, declared.as_deref(), place);
        let shown = receiving.file_name().to_owned();
        let mut next = first;
        while let Some(bytes) = next {
            receiving.write(bytes).await.map_err(|error| refused(error, &shown))?;
            next = self.next(&mut part).await?;
        }
        let taken = receiving.finish().await.map_err(|error| refused(error, &shown))?;
        metrics::counter!("suhbat_upload_files_total", "type" => taken.0.file_type.as_str()).increment(1);
        metrics::counter!("suhbat_upload_bytes_total").increment(taken.0.file_size);
        self.files.push(taken);
        Ok(())
    }

    /// Before a file is taken in: is there room, and may this be sent at all?
    async fn admit(&mut self) -> Result<Arc<Place>, ApiError> {
        let place = if let Some(place) = &self.place {
            place.clone()
        } else {
            self.state.messaging.admit_upload(self.actor).await?;
            let place = Arc::new(self.state.uploads.take(self.actor).map_err(no_place)?);
            self.place.insert(place).clone()
        };
        // Where it goes may stand behind the files; then it is asked afterwards.
        if !self.foreseen && self.texts.iter().any(|(name, _)| name == "conversation") {
            self.foreseen = true;
            let asked = request::SendMessage::read(Fields::from_pairs(self.texts.clone()))?;
            let asked = messaging::SendMessage::from(asked);
            if let Foreseen::Already(message) = self.state.messaging.foresee(self.actor, &asked).await? {
                self.already = Some(message);
            }
        }
        Ok(place)
    }
}

fn no_place(full: Full) -> ApiError {
    match full {
        Full::Everywhere => ApiError::unavailable("uploads"),
        Full::ForYou { each } => ErrorBody::saying(
            Code::RateLimited,
            format!("You can send at most {each} requests with files at once."),
        )
        .with_retry_after(Duration::from_secs(1))
        .into(),
    }
}

/// As its sender says. Browsers write quotes as `%22`.
fn file_name(part: &Field) -> Option<String> {
    let disposition = part.content_disposition()?;
    if let Some(extended) = disposition.get_filename_ext()
        && let Ok(name) = String::from_utf8(extended.value.clone())
    {
        return Some(name);
    }
    disposition.get_filename().map(|name| name.replace("%22", "\""))
}

fn request_too_large(limit: u64) -> ApiError {
    ErrorBody::saying(Code::PayloadTooLarge, format!("The request is larger than {limit} bytes."))
        .with_limit(limit)
        .into()
}

/// Names the file: there may be several.
fn refused(error: IntakeError, name: &str) -> ApiError {
    match error {
        IntakeError::TooLarge { limit } => ErrorBody::saying(Code::PayloadTooLarge, format!("{name} is larger than {limit} bytes."))
            .with_limit(limit)
            .into(),
        IntakeError::ImageTooLarge { limit } => {
            ErrorBody::saying(Code::ImageTooLarge, format!("{name} is a picture of more than {limit} pixels."))
                .with_limit(limit)
                .into()
        }
        IntakeError::Type(reason) => ErrorBody::saying(Code::UnsupportedFileType, format!("{name} cannot be sent: {reason}.")).into(),
        IntakeError::Store(error) => messaging::Error::Files(error).into(),
        IntakeError::Waiting(error) => {
            tracing::error!(%error, "a file could not be kept while it was looked at");
            ApiError::unavailable("objects")
        }
    }
}
