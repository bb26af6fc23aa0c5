use std::sync::Arc;

use super::{Error, Messaging, admitted};
use crate::{
    attachment::{FileType, NewAttachment, Voice},
    id::{MessageId, UserId},
    message::NewMessage,
    ports::{Budget, SendOutcome},
    rules::sending,
};

/// The objects of a file that an upload has stored. They are deleted when it is dropped, unless they were claimed before.
pub trait StoredObjects: Send {
    /// Keeps the objects.
    fn claim(self: Box<Self>);
}

/// The upload of a message with files. The message was counted when the upload began ([`Messaging::upload`]); the bytes of its files are counted as they
/// arrive, and given back unless the files are stored. Callers end a session with [`Messaging::send_with_files`] or [`Self::abandon`].
#[must_use = "what was counted is given back only by sending or abandoning"]
pub struct UploadSession {
    messaging: Messaging,
    sender: UserId,
    /// Bytes of files counted so far.
    counted: u64,
    /// The stored files of the message, in its order.
    files: Vec<(NewAttachment, Box<dyn StoredObjects>)>,
}

impl Messaging {
    /// Begins a message with files, before the first of them is received.
    pub async fn upload(&self, sender: UserId) -> Result<UploadSession, Error> {
        self.admit(sender, Budget::Messages).await?;
        self.admit(sender, Budget::Uploads).await?;
        Ok(UploadSession {
            messaging: self.clone(),
            sender,
            counted: 0,
            files: Vec::new(),
        })
    }

    /// Sends the message of an upload, with the files of the session. They stay in the object store only if this very call stores the message.
    ///
    /// Must be polled to completion: if it is dropped earlier, the files are left to the sweep.
    pub async fn send_with_files(&self, mut session: UploadSession, message: NewMessage) -> Result<SendOutcome, Error> {
        let (attachments, objects): (Vec<_>, Vec<_>) = std::mem::take(&mut session.files).into_iter().unzip();
        // From now on, the outcome decides what becomes of them.
        for objects in objects {
            objects.claim();
        }
        let message = NewMessage {
            sender: session.sender,
            attachments,
            ..message
        };
        let keys = keys(&message.attachments);
        let bytes = message.attachments.iter().map(|file| file.file_size).sum();
        let sent = self.send_admitted(message).await;
        let kept = match &sent {
            Ok(SendOutcome::New(_)) => {
                session.give_back_all_but(bytes).await;
                return sent;
            }
            Ok(SendOutcome::AlreadySent(_)) | Err(Error::Denied(_) | Error::RateLimited { .. }) => false,
            // The message may be stored in spite of the error.
            Err(Error::Store(_) | Error::Files(_)) => self.ports.messages.keys_in_use(&keys).await.map_or(true, |used| !used.is_empty()),
        };
        session.abandon().await;
        if !kept {
            // The result of the request does not depend on it: the store reports to the operator what it could not delete, and the sweep tries again.
            let _ = self.ports.blobs.delete(&keys).await;
        }
        sent
    }
}

impl UploadSession {
    /// Refuses before its files are received a message that would be refused afterwards anyway. Returns the message that is stored already under the same
    /// `client_id`: its files need not be received.
    pub async fn precheck(&self, message: NewMessage) -> Result<Option<MessageId>, Error> {
        let message = Arc::new(NewMessage {
            sender: self.sender,
            ..message
        });
        let facts = self.messaging.ports.messages.facts_to_send(message.clone()).await?;
        Ok(sending::precheck(facts, &message, self.messaging.policy())?)
    }

    /// Counts file bytes up to this total of the upload; refused beyond the sender's quota.
    pub async fn count(&mut self, bytes: u64) -> Result<(), Error> {
        let more = bytes.saturating_sub(self.counted);
        if more > 0 {
            let ports = &self.messaging.ports;
            admitted(ports.limiter.take(self.sender, Budget::UploadBytes, more, ports.clock.now()).await)?;
            self.counted += more;
        }
        Ok(())
    }

    /// Adds a stored file to the message.
    pub fn attach(&mut self, file: NewAttachment, objects: Box<dyn StoredObjects>) {
        self.files.push((file, objects));
    }

    /// Makes the message a voice message: its only file must be a recording.
    pub fn set_voice(&mut self, voice: Voice) -> Result<(), NotARecording> {
        match &mut self.files[..] {
            [(file, _)] if file.file_type == FileType::Audio => {
                file.voice = Some(voice);
                Ok(())
            }
            _ => Err(NotARecording),
        }
    }

    /// Ends a session without sending its message. The objects of its files are deleted.
    pub async fn abandon(mut self) {
        self.give_back_all_but(0).await;
    }

    async fn give_back_all_but(&mut self, stored: u64) {
        let rest = std::mem::take(&mut self.counted).saturating_sub(stored);
        if rest > 0 {
            let ports = &self.messaging.ports;
            ports
                .limiter
                .give_back(self.sender, Budget::UploadBytes, rest, ports.clock.now())
                .await;
        }
    }
}

/// A voice message has exactly one file, and that is audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a voice message has exactly one file, an audio file")]
pub struct NotARecording;

/// The keys of these files and of their thumbnails.
fn keys(files: &[NewAttachment]) -> Vec<String> {
    files.iter().flat_map(NewAttachment::keys).cloned().collect()
}
