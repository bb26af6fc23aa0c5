//! Files to send.

use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::{Answer, Client};

/// A file with a name, and maybe a declared type.
#[derive(Clone, Debug)]
pub struct Upload {
    /// As its sender calls it.
    pub name: String,
    /// As its sender declares it.
    pub mime_type: Option<String>,
    /// What is in it.
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
        let path = format!("{}/../crates/storage/fixtures/media/{name}", env!("CARGO_MANIFEST_DIR"));
        Self::new(name, std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// A text of so many bytes, none like the one before.
    pub fn text(name: &str, bytes: usize) -> Self {
        let mut text = Vec::with_capacity(bytes + 16);
        for number in 0_u64.. {
            if text.len() >= bytes {
                break;
            }
            text.extend_from_slice(format!("{number:x}\n").as_bytes());
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
