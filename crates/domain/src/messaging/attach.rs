use super::{Error, Messaging, SendMessage, Sent, active};
use crate::{
    attachment::NewAttachment,
    denial::Denial,
    id::{MessageId, UserId},
    ports::Budget,
    rules::sending,
};

/// What is known about a message before its files are taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// It can be sent as things stand; or where it goes is not known yet.
    Sendable,
    /// It is stored already, under the same `client_id`: its files need not be taken in.
    Already(MessageId),
}

impl Messaging {
    /// Counts a message with files, before the first of them is taken in.
    pub async fn admit_upload(&self, actor: UserId) -> Result<(), Error> {
        self.admit(actor, Budget::Messages).await?;
        self.admit(actor, Budget::Uploads).await
    }

    /// Refuses, before its files are taken in, what would be refused after it anyway.
    pub async fn foresee(&self, actor: UserId, request: &SendMessage) -> Result<Foreseen, Error> {
        let wish = &request.wish;
        let facts = self
            .conversations
            .facts_to_send(request.conversation, actor, wish.reply_to, wish.client_id.as_ref())
            .await?;
        let facts = facts.ok_or(Denial::ConversationNotFound)?;
        active(&facts.gate.actor)?;
        let already = sending::foresee(&facts, wish, &self.policy)?;
        Ok(already.map_or(Foreseen::Sendable, Foreseen::Already))
    }

    /// Sends a message whose files lie in the object store, and which [`Self::admit_upload`] has counted. The files stay there only if this very call
    /// stores the message.
    ///
    /// Must be carried through to its end: whoever drops it midway leaves files to the sweep.
    pub async fn send_with_files(&self, actor: UserId, request: SendMessage) -> Result<Sent, Error> {
        let keys = keys(&request.wish.attachments);
        let sent = self.send_admitted(actor, request).await;
        let kept = match &sent {
            Ok(Sent::New(_)) => return sent,
            Ok(Sent::Already(_)) | Err(Error::Denied(_) | Error::AccountInactive | Error::RateLimited { .. }) => false,
            // The message may be stored all the same.
            Err(Error::Store(_) | Error::Files(_)) => self.messages.keys_in_use(&keys).await.map_or(true, |used| !used.is_empty()),
        };
        if !kept {
            // The answer does not depend on it: the store tells the operator what it could not delete, and the sweep tries again.
            let _ = self.blobs.delete(&keys).await;
        }
        sent
    }
}

/// All objects of these files.
fn keys(files: &[NewAttachment]) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| std::iter::once(&file.key).chain(&file.thumbnail_key))
        .cloned()
        .collect()
}
