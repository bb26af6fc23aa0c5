//! Files to send.

use std::{
    fmt::Write as _,
    fs::File,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use domain::time::Timestamp;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{Answer, Client, PATIENCE};

/// A file with a name, and maybe a declared type.
#[derive(Clone, Debug)]
pub struct Upload {
    /// As its sender calls it.
    pub name: String,
    /// As its sender declares it.
    pub mime_type: Option<String>,
    /// The content of the file.
    pub bytes: Vec<u8>,
}

impl Upload {
    /// With this name and content, without a declared type.
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.to_owned(),
            mime_type: None,
            bytes: bytes.into(),
        }
    }

    /// One of the small real files that the type decision is tested with too.
    pub fn fixture(name: &str) -> Self {
        let path = format!("{}/../crates/media/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
        Self::new(name, std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// A text of so many bytes, in which no two lines are the same.
    pub fn text(name: &str, bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + 1024);
        for number in 0_u64.. {
            if text.len() >= bytes {
                break;
            }
            writeln!(text, "{number:0>1023x}").expect("a text takes any text");
        }
        text.truncate(bytes);
        Self::new(name, text)
    }

    /// The same file under another name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..self
        }
    }

    /// The same file, declared as this.
    #[must_use]
    pub fn declared(self, mime_type: &str) -> Self {
        Self {
            mime_type: Some(mime_type.to_owned()),
            ..self
        }
    }

    /// As a part of a form.
    pub fn part(&self) -> Part {
        let part = Part::bytes(self.bytes.clone()).file_name(self.name.clone());
        match &self.mime_type {
            Some(mime_type) => part.mime_str(mime_type).expect("a type"),
            None => part,
        }
    }
}

/// A form that sends these files, and nothing else yet.
pub fn form(conversation: i64, files: &[Upload]) -> Form {
    let form = Form::new().text("conversation", conversation.to_string());
    files.iter().fold(form, |form, file| form.part("attachment_files", file.part()))
}

impl Client {
    /// Sends files without a text.
    pub async fn upload(&self, conversation: i64, files: &[Upload]) -> Answer {
        self.post_form("messages/", form(conversation, files)).await
    }

    /// Sends one file; the Attachment.
    pub async fn attach(&self, conversation: i64, file: &Upload) -> Value {
        self.upload(conversation, std::slice::from_ref(file)).await.expect(201)["attachments"][0].clone()
    }
}

/// All files below a folder of objects, finished and not, without its mark and the objects set aside.
pub fn objects_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else { return found };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(objects_in(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// All files that a sweep has set aside in a folder of objects.
pub fn set_aside_in(folder: &Path) -> Vec<PathBuf> {
    objects_in(&folder.join(".removed"))
}

/// Makes a file as old as if it had been written at this time.
pub fn date_back(file: &Path, to: Timestamp) {
    let micros = u64::try_from(to.0).expect("a time after 1970");
    let time = UNIX_EPOCH + Duration::from_micros(micros);
    File::options()
        .write(true)
        .open(file)
        .and_then(|file| file.set_modified(time))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// A form that is written by hand, so that it can stop anywhere, lie, or be no form at all.
pub struct RawForm {
    stream: TcpStream,
}

/// The boundary between the parts of handwritten forms.
pub const BOUNDARY: &str = "----suhbat-by-hand";

/// A part of a handwritten form, up to its content.
pub fn part(disposition: &str) -> String {
    format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n")
}

/// A form up to the content of its first file.
pub fn begun(conversation: i64, file_name: &str) -> String {
    let file = part(&format!("name=\"attachment_files\"; filename=\"{file_name}\""));
    format!("{}{conversation}\r\n{file}", part("name=\"conversation\""))
}

impl RawForm {
    /// Begins a request of this client that declares so many bytes of body.
    pub async fn begin(client: &Client, length: usize) -> Self {
        Self::begin_framed(client, &format!("Content-Length: {length}")).await
    }

    /// Begins a request of this client whose body comes in chunks (RFC 9112, 7.1), which are the caller's to write.
    pub async fn begin_chunked(client: &Client) -> Self {
        Self::begin_framed(client, "Transfer-Encoding: chunked").await
    }

    /// Begins a request of this client with these headers, which declare the end of its body.
    pub async fn begin_framed(client: &Client, framing: &str) -> Self {
        let address = client.base.trim_start_matches("http://");
        let token = client
            .token
            .as_deref()
            .map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let mut form = Self {
            stream: TcpStream::connect(address).await.expect("a connection"),
        };
        form.write(format!(
            "POST /api/messaging/messages/ HTTP/1.1\r\nHost: {address}\r\n{token}Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\
             {framing}\r\n\r\n"
        ))
        .await;
        form
    }

    /// Writes the next bytes of the body.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("a connection that is open");
    }

    /// Writes the next bytes, unless the service has closed the connection.
    pub async fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// The status and the body of the answer.
    pub async fn answer(mut self) -> (u16, String) {
        let mut read = Vec::new();
        let reading = async {
            let mut chunk = [0; 4096];
            loop {
                match self.stream.read(&mut chunk).await {
                    Ok(0) => break,
                    Ok(length) => read.extend_from_slice(&chunk[..length]),
                    Err(error) => panic!("no answer: {error}"),
                }
                if is_whole(&read) {
                    break;
                }
            }
        };
        timeout(PATIENCE, reading).await.expect("an answer in time");
        let text = String::from_utf8_lossy(&read).into_owned();
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
        (status.unwrap_or_else(|| panic!("no answer: {text:?}")), body.unwrap_or_default())
    }
}

/// Has an answer come with all that its head promises?
fn is_whole(read: &[u8]) -> bool {
    let text = String::from_utf8_lossy(read).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}
