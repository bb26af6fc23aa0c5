//! Messages that come as `multipart/form-data`, as browsers send them with files.

use std::{sync::Arc, time::Duration};

use actix_web::{HttpRequest, web};
use domain::{
    id::{MessageId, UserId},
    messaging::{self, UploadSession},
};
use protocol::{
    error::{Code, ErrorBody},
    fields::Fields,
    rest::request,
};
use scopeguard::{ScopeGuard, guard};
use uploads::UploadError;

use crate::http::{
    body::{
        self, JSON_BYTES,
        parts::{self, Limits, Part, Parts, Texts},
    },
    error::ApiError,
    state::State,
    upload_slots::{SlotsExhausted, UploadSlot},
};

/// The names under which files come.
pub(crate) const FILES: [&str; 2] = ["attachment_files", "attachment_files[]"];

/// A form must be complete before the sweep could take its objects for orphans (`domain::messaging::ORPHAN_AGE`).
const LONGEST: Duration = Duration::from_mins(50);

/// Bytes of files after which the free space is checked again.
const ROOM_EVERY: u64 = 1024 * 1024;

/// Several times as many as a message has fields.
const MAX_TEXTS: usize = 64;

/// The session of a request with files, which is abandoned when the request ends before its message is sent.
pub(crate) type OpenUpload = ScopeGuard<UploadSession, fn(UploadSession)>;

/// A form with a message.
pub(crate) struct Form {
    /// The fields that are text.
    pub(crate) fields: Fields,
    /// Present if files were stored, which it holds in the order of the form.
    pub(crate) upload: Option<OpenUpload>,
    /// The message is stored already, as the precheck before the first file found. The rest of the form was not read.
    pub(crate) already: Option<MessageId>,
}

/// Reads the form, and uploads its files as they arrive.
pub(crate) async fn read(state: &State, actor: UserId, request: &HttpRequest, payload: web::Payload) -> Result<Form, ApiError> {
    let request_bytes = state.client_config.limits.request_bytes;
    let limits = Limits {
        content: request_bytes,
        wire: request_bytes.saturating_add(JSON_BYTES as u64),
    };
    let mut reader = Reader {
        state,
        actor,
        parts: Parts::new(request, payload, limits, LONGEST)?,
        texts: Texts::new(MAX_TEXTS),
        files: 0,
        slot: None,
        upload: None,
        file_bytes: 0,
        room_asked_at: 0,
        declared: body::declared_length(request.headers()),
        prechecked: false,
        already: None,
    };
    while let Some(part) = reader.parts.next().await? {
        reader.part(part).await?;
        if reader.already.is_some() {
            break;
        }
    }
    // The last file may have waited for a worker thread.
    reader.parts.check_time()?;
    Ok(Form {
        fields: reader.texts.into_fields(),
        upload: reader.upload,
        already: reader.already,
    })
}

struct Reader<'a> {
    state: &'a State,
    actor: UserId,
    parts: Parts,
    texts: Texts,
    /// The number of files so far.
    files: u64,
    /// Held while files come in.
    slot: Option<Arc<UploadSlot>>,
    upload: Option<OpenUpload>,
    /// Of all files, and how many of them there were when it was last asked whether there is room.
    file_bytes: u64,
    room_asked_at: u64,
    /// The length of the body that the request declares.
    declared: Option<u64>,
    prechecked: bool,
    already: Option<MessageId>,
}

impl Reader<'_> {
    async fn part(&mut self, part: Part) -> Result<(), ApiError> {
        if FILES.contains(&part.name.as_str()) {
            self.file(part).await
        } else if part.file_name.is_some() {
            parts::refuse_file(&mut self.parts, part, "The files of a message are sent as attachment_files.").await
        } else {
            self.texts.take(&mut self.parts, part).await
        }
    }

    /// A file of the message.
    async fn file(&mut self, mut part: Part) -> Result<(), ApiError> {
        let file_name = part.file_name.take().unwrap_or_default();
        let first = self.parts.bytes(&mut part).await?;
        if file_name.is_empty() && first.is_none() {
            // Browsers send an empty part if no file was chosen.
            return Ok(());
        }
        let limit = self.state.client_config.limits.files_per_message;
        if self.files >= limit {
            return Err(
                ErrorBody::saying(Code::TooManyFiles, format!("A message can have at most {limit} files."))
                    .with_limit(limit)
                    .into(),
            );
        }
        let slot = self.admit().await?;
        if self.already.is_some() {
            return Ok(());
        }
        let declared = part.declared_type();
        let mut upload = self.state.uploads.start(self.actor, &file_name, declared.as_deref(), slot);
        let shown = upload.file_name().to_owned();
        let mut next = first;
        while let Some(bytes) = next {
            self.count(bytes.len() as u64).await?;
            upload.write(bytes).await.map_err(|error| refused(error, &shown))?;
            next = self.parts.bytes(&mut part).await?;
        }
        let (attachment, objects) = upload.finish().await.map_err(|error| refused(error, &shown))?;
        metrics::counter!("suhbat_upload_files_total", "type" => attachment.file_type.as_str()).increment(1);
        metrics::counter!("suhbat_upload_bytes_total").increment(attachment.file_size);
        self.files += 1;
        if let Some(session) = &mut self.upload {
            session.attach(attachment, Box::new(objects));
        }
        Ok(())
    }

    /// More bytes of a file are here.
    async fn count(&mut self, bytes: u64) -> Result<(), ApiError> {
        self.file_bytes += bytes;
        if let Some(upload) = &mut self.upload {
            upload.count(self.file_bytes).await?;
        }
        if self.file_bytes - self.room_asked_at >= ROOM_EVERY {
            self.room_asked_at = self.file_bytes;
            self.state.room.is_enough().await.then_some(()).ok_or_else(no_room)?;
        }
        Ok(())
    }

    /// Checks before a file is stored: the free space, and whether the rules allow the message.
    async fn admit(&mut self) -> Result<Arc<UploadSlot>, ApiError> {
        let slot = match &self.slot {
            Some(slot) => slot.clone(),
            None => self.begin().await?,
        };
        // The field `conversation` may stand behind the files; then the rules are asked afterwards.
        if !self.prechecked
            && let Some(upload) = &self.upload
            && self.texts.pairs().iter().any(|(name, _)| name == "conversation")
        {
            self.prechecked = true;
            let asked = request::SendMessage::read(Fields::from_pairs(self.texts.pairs().to_vec()))?;
            self.already = upload.precheck(asked.from_sender(self.actor)).await?;
        }
        Ok(slot)
    }

    /// Before the first file.
    async fn begin(&mut self) -> Result<Arc<UploadSlot>, ApiError> {
        let session = self.state.messaging.upload(self.actor).await?;
        let upload = self.upload.insert(guard(session, abandon as fn(UploadSession)));
        self.state.room.is_enough().await.then_some(()).ok_or_else(no_room)?;
        // At least all bytes that must be files are counted now, so that an upload over the quota is refused early; the rest is counted as it arrives.
        upload.count(self.declared.unwrap_or(0).saturating_sub(JSON_BYTES as u64)).await?;
        let slot = Arc::new(self.state.upload_slots.take(self.actor).map_err(no_slot)?);
        Ok(self.slot.insert(slot).clone())
    }
}

/// Returns the counted bytes of a request that ends before its message is sent to the quota.
fn abandon(session: UploadSession) {
    actix_web::rt::spawn(session.abandon());
}

fn no_room() -> ApiError {
    ErrorBody::saying(
        Code::Unavailable,
        "There is no room for files at the moment. Messages without files can be sent.",
    )
    .with_part("objects")
    .into()
}

fn no_slot(full: SlotsExhausted) -> ApiError {
    match full {
        SlotsExhausted::ForAll => ApiError::unavailable("uploads"),
        SlotsExhausted::PerUser { each } => ErrorBody::saying(
            Code::RateLimited,
            format!("You can send at most {each} requests with files at once."),
        )
        .with_retry_after(Duration::from_secs(1))
        .into(),
    }
}

/// Names the file: there may be several.
fn refused(error: UploadError, name: &str) -> ApiError {
    match error {
        UploadError::TooLarge { limit } => ErrorBody::saying(Code::PayloadTooLarge, format!("{name} is larger than {limit} bytes."))
            .with_limit(limit)
            .into(),
        UploadError::ImageTooLarge { limit } => {
            ErrorBody::saying(Code::ImageTooLarge, format!("{name} is a picture of more than {limit} pixels."))
                .with_limit(limit)
                .into()
        }
        UploadError::Type(reason) => ErrorBody::saying(Code::UnsupportedFileType, format!("{name} cannot be sent: {reason}.")).into(),
        UploadError::Store(error) => messaging::Error::Files(error).into(),
        UploadError::Spool(error) => {
            tracing::error!(%error, "an uploaded file could not be spooled");
            ApiError::unavailable("objects")
        }
    }
}
