//! The made-up community that `--demo` fills an empty database with, told through the use cases themselves at times in the past.

mod files;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    attachment::NewAttachment,
    event::Event,
    id::{ConfessionId, UserId},
    message::Message,
    messaging::{Messaging, OpenRequest, SendMessage, Sent},
    ports::{Bus, Clock, DirectoryFeed, Rates, ReadScope, RosterEntry, StoreError},
    rules::sending::Wish,
    time::Timestamp,
};
use realtime::limiter::MemoryLimiter;
use serde::Deserialize;
use storage::intake::Intake;

use crate::{
    auth::{MintError, mint},
    config::AuthConfig,
};

/// A service that lets anybody be anybody, for trying it out.
pub(crate) struct Demo(AuthConfig);

/// How long somebody is somebody: a day, in seconds.
const TOKEN_SECONDS: i64 = 86_400;

impl Demo {
    /// With the secret that tokens are signed with.
    pub(crate) fn new(auth: &AuthConfig) -> Self {
        Self(auth.clone())
    }

    /// An access token of this person.
    pub(crate) fn token_for(&self, user: UserId, now: Timestamp) -> Result<String, MintError> {
        mint(&self.0, user, TOKEN_SECONDS, None, now)
    }
}

#[derive(Deserialize)]
struct Script {
    opened_by: i64,
    with: Vec<i64>,
    confession: Option<i64>,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    from: i64,
    /// Minutes before the start of the demo.
    ago: i64,
    #[serde(default)]
    text: String,
    #[serde(default)]
    files: Vec<File>,
    /// The line that it answers, counted from 0.
    reply_to: Option<usize>,
    /// The text after its author thought again.
    edited: Option<String>,
    #[serde(default)]
    pinned: bool,
    #[serde(default)]
    deleted: bool,
    /// Nobody else has seen it.
    #[serde(default)]
    unread: bool,
}

#[derive(Deserialize)]
struct File {
    /// One of those that the program carries.
    file: String,
    /// As its sender calls it.
    name: String,
}

/// What went wrong while the demo was told.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A rule refused a scripted act.
    #[error("the demo's script breaks a rule: {0}")]
    Rule(#[from] domain::messaging::Error),
    /// A file of the script was not taken.
    #[error("a file of the demo cannot be kept: {0}")]
    File(#[from] storage::intake::IntakeError),
    /// The embedded script cannot be read.
    #[error("the demo's script cannot be read: {0}")]
    Script(String),
}

/// Fills the store with the community and its conversations, unless somebody is in it. True if it did.
pub(crate) async fn fill(messaging: &Messaging, feed: &dyn DirectoryFeed, intake: &Intake) -> Result<bool, DemoError> {
    if !feed.roster().await?.is_empty() {
        return Ok(false);
    }
    let document = crate::directory::parse(include_bytes!("demo/community.json")).map_err(DemoError::Script)?;
    if let domain::ports::Fed::Rejected { row, reason } = feed.import(document).await? {
        return Err(DemoError::Script(format!("{row}: {reason}")));
    }
    let scripts: Vec<Script> =
        serde_json::from_str(include_str!("demo/conversations.json")).map_err(|fault| DemoError::Script(fault.to_string()))?;
    let clock = Arc::new(StoryClock(AtomicI64::new(0)));
    let told = Messaging {
        clock: clock.clone(),
        bus: Arc::new(NobodyListens),
        limiter: Arc::new(MemoryLimiter::new(Rates::UNLIMITED)),
        ..messaging.clone()
    };
    let now = messaging.clock.now();
    for script in scripts {
        tell(&told, intake, &clock, now, script).await?;
    }
    Ok(true)
}

async fn tell(messaging: &Messaging, intake: &Intake, clock: &StoryClock, now: Timestamp, script: Script) -> Result<(), DemoError> {
    let first = script.lines.iter().map(|line| line.ago).max().unwrap_or(0);
    clock.set(now.plus_seconds(-60 * (first + 1)));
    let request = OpenRequest {
        targets: script.with.iter().copied().map(UserId).collect(),
        confession: script.confession.map(ConfessionId),
    };
    let conversation = messaging.open(UserId(script.opened_by), request).await?.id();
    let people: Vec<UserId> = script.with.iter().copied().chain([script.opened_by]).map(UserId).collect();

    let mut said: Vec<Arc<Message>> = Vec::new();
    for line in &script.lines {
        clock.set(now.plus_seconds(-60 * line.ago));
        let author = UserId(line.from);
        let reply_to = line.reply_to.and_then(|index| said.get(index)).map(|message| message.id);
        let wish = Wish {
            content: Some(line.text.clone()).filter(|text| !text.is_empty()),
            reply_to,
            attachments: attach(intake, &line.files).await?,
            ..Wish::default()
        };
        let request = SendMessage { conversation, wish };
        let sent = if line.files.is_empty() {
            messaging.send(author, request).await?
        } else {
            messaging.send_with_files(author, request).await?
        };
        let Sent::New(message) = sent else { continue };
        if !line.unread {
            for reader in people.iter().filter(|person| **person != author) {
                messaging.mark_read(*reader, conversation, ReadScope::UpTo(message.id)).await?;
            }
        }
        said.push(message);
    }
    for (line, message) in script.lines.iter().zip(&said) {
        clock.set(message.created_at.plus_seconds(40));
        if let Some(text) = &line.edited {
            messaging.edit(message.sender.id, message.id, None, text.clone()).await?;
        }
        if line.pinned {
            messaging.pin(message.sender.id, message.id, None, true).await?;
        }
        if line.deleted {
            messaging.delete(message.sender.id, message.id, None).await?;
        }
    }
    Ok(())
}

/// Takes the files of a line in.
async fn attach(intake: &Intake, files: &[File]) -> Result<Vec<NewAttachment>, DemoError> {
    let mut attachments = Vec::with_capacity(files.len());
    for File { file, name } in files {
        let taken = files::take_in(intake, file, name).await?;
        let (attachment, objects) = taken.ok_or_else(|| DemoError::Script(format!("there is no file {file}")))?;
        objects.claim();
        attachments.push(attachment);
    }
    Ok(attachments)
}

/// The roster, as `/api/demo/people/` shows it.
pub(crate) async fn people(feed: &dyn DirectoryFeed) -> Result<Vec<RosterEntry>, StoreError> {
    feed.roster().await
}

struct StoryClock(AtomicI64);

impl StoryClock {
    fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::Relaxed);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

struct NobodyListens;

impl Bus for NobodyListens {
    fn publish(&self, _: Event) {}
}
