//! The made-up community that `--demo` fills an empty database with, created by the use cases themselves at times in the past.

mod files;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use domain::{
    conversation::OpenRequest,
    event::Event,
    id::{ConfessionId, UserId},
    message::{Message, NewMessage},
    messaging::{MessageTarget, Messaging, Ports, UploadSession},
    ports::{Bus, Clock, Gap, ImportOutcome, Rates, SendOutcome, StoreError},
    receipt::{ReadRequest, ReadScope},
    time::Timestamp,
};
use realtime::limiter::MemoryLimiter;
use serde::Deserialize;
use storage::{Origin, Store, StoreUrl};
use uploads::Uploads;

use crate::{
    auth::{MintError, mint},
    config::AuthConfig,
    directory,
};

/// A service in which anybody can sign in as any demo user, for trying it out.
pub(crate) struct Demo(AuthConfig);

/// The lifetime of a demo token: a day, in seconds.
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

/// The failures of creating the demo community.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The store failed while the demo community was written or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A rule refused a scripted act.
    #[error("the demo's script breaks a rule: {0}")]
    Rule(#[from] domain::messaging::Error),
    /// A file of the script was not taken.
    #[error("a file of the demo cannot be kept: {0}")]
    File(#[from] uploads::UploadError),
    /// The database has accounts that are no demo users.
    #[error(
        "the database {} was not filled by --demo, which lets anybody in as anybody: start without --demo, or name another database (database.url).{}",
        name(.0),
        removal(.0)
    )]
    NotADemo(StoreUrl),
    /// The embedded script cannot be read.
    #[error("the demo's script cannot be read: {0}")]
    Script(String),
}

fn name(database: &StoreUrl) -> String {
    database
        .file()
        .map_or_else(|| database.to_string(), |file| file.display().to_string())
}

fn removal(database: &StoreUrl) -> String {
    database.file().map_or_else(String::new, |file| {
        format!(" If it is the demo of an older version, remove it: rm {}*", file.display())
    })
}

/// Fills an empty store with the community and its conversations, and leaves one alone that it has filled before. Any other is refused. True if it did.
/// Without `uploads` the messages have no files.
pub(crate) async fn fill(ports: &Ports, store: &Store, uploads: Option<&Uploads>, database: &StoreUrl) -> Result<bool, DemoError> {
    match store.origin().await? {
        Origin::Empty => {}
        Origin::Demo => return Ok(false),
        Origin::Directory => return Err(DemoError::NotADemo(database.clone())),
    }
    let unreadable = |faults: directory::Faults| DemoError::Script(faults.to_string());
    let document = directory::parse(include_bytes!("demo/community.json")).map_err(unreadable)?;
    if let ImportOutcome::Rejected(rows) = store.import_demo(document).await? {
        return Err(unreadable(directory::rejected(&rows)));
    }
    let scripts: Vec<Script> =
        serde_json::from_str(include_str!("demo/conversations.json")).map_err(|fault| DemoError::Script(fault.to_string()))?;
    let clock = Arc::new(StoryClock(AtomicI64::new(0)));
    let told = Messaging::new(Ports {
        clock: clock.clone(),
        bus: Arc::new(NobodyListens),
        limiter: Arc::new(MemoryLimiter::new(Rates::UNLIMITED)),
        ..ports.clone()
    });
    let now = ports.clock.now();
    for script in scripts {
        tell(&told, uploads, &clock, now, script).await?;
    }
    Ok(true)
}

async fn tell(
    messaging: &Messaging,
    uploads: Option<&Uploads>,
    clock: &StoryClock,
    now: Timestamp,
    script: Script,
) -> Result<(), DemoError> {
    let first = script.lines.iter().map(|line| line.ago).max().unwrap_or(0);
    clock.set(now.plus_seconds(-60 * (first + 1)));
    let request = OpenRequest {
        actor: UserId(script.opened_by),
        targets: script.with.iter().copied().map(UserId).collect(),
        confession: script.confession.map(ConfessionId),
    };
    let conversation = messaging.open(request).await?.id();
    let people: Vec<UserId> = script.with.iter().copied().chain([script.opened_by]).map(UserId).collect();

    let mut sent_messages: Vec<Arc<Message>> = Vec::new();
    for line in &script.lines {
        clock.set(now.plus_seconds(-60 * line.ago));
        let author = UserId(line.from);
        let reply_to = line.reply_to.and_then(|index| sent_messages.get(index)).map(|message| message.id);
        let session = match uploads {
            Some(uploads) if !line.files.is_empty() => Some(upload(messaging, uploads, author, &line.files).await?),
            _ => None,
        };
        let text = match (line.text.as_str(), session.is_some()) {
            ("", true) => None,
            // Without text and files this would be an empty message.
            ("", false) => line.files.first().map(|file| file.name.clone()),
            (text, _) => Some(text.to_owned()),
        };
        let message = NewMessage {
            content: text,
            reply_to,
            ..NewMessage::empty(author, conversation)
        };
        let sent = match session {
            Some(session) => messaging.send_with_files(session, message).await?,
            None => messaging.send(message).await?,
        };
        let SendOutcome::New(change) = sent else { continue };
        let message = change.message;
        if !line.unread {
            for reader in people.iter().filter(|person| **person != author) {
                let scope = ReadScope::UpTo(message.id);
                messaging.mark_read(ReadRequest::within(conversation, *reader, scope)).await?;
            }
        }
        sent_messages.push(message);
    }
    for (line, message) in script.lines.iter().zip(&sent_messages) {
        clock.set(message.created_at.plus_seconds(40));
        let target = MessageTarget::anywhere(message.sender.id, message.id);
        if let Some(text) = &line.edited {
            messaging.edit(target, text.clone()).await?;
        }
        if line.pinned {
            messaging.pin(target, true).await?;
        }
        if line.deleted {
            messaging.delete(target).await?;
        }
    }
    Ok(())
}

/// Uploads the files of a line.
async fn upload(messaging: &Messaging, uploads: &Uploads, sender: UserId, files: &[File]) -> Result<UploadSession, DemoError> {
    let mut session = messaging.upload(sender).await?;
    for File { file, name } in files {
        let taken = files::take_in(uploads, sender, file, name).await?;
        let (attachment, objects) = taken.ok_or_else(|| DemoError::Script(format!("there is no file {file}")))?;
        session.attach(attachment, Box::new(objects));
    }
    Ok(session)
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

    fn missed(&self, _: Gap) {}
}
