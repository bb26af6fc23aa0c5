//! Voice messages: a recording with its length and its waveform, checked by the service and shown wherever the file is.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use suhbat_tests::{Answer, Client, Service, Upload, eventually, form, objects_in};

/// Sends files with this field `voice`.
async fn send(client: &Client, conversation: i64, files: &[Upload], voice: &str) -> Answer {
    let form = form(conversation, files).text("voice", voice.to_owned());
    client.post_form("messages/", form).await
}

#[tokio::test]
async fn voice_messages_show_their_length_and_waveform_everywhere() {
    let (_service, aziz, dilnoza, id) = Service::with_conversation().await;
    let mut watcher = dilnoza.chat(id).await;
    let voice = json!({ "duration_ms": 4_200, "waveform": [0, 31, 7] });
    let sent = send(&aziz, id, &[Upload::fixture("voice.webm")], &voice.to_string())
        .await
        .expect(201);
    let file = &sent["attachments"][0];
    assert_eq!(
        (&file["file_type"], &file["mime_type"], &file["voice"]),
        (&json!("audio"), &json!("audio/webm"), &voice)
    );
    let frame = watcher.expect("chat_message").await;
    assert_eq!(frame["message"]["attachments"][0]["voice"], voice);
    let shown = dilnoza.message(sent["id"].as_i64().expect("an id")).await;
    assert_eq!(shown["attachments"][0]["voice"], voice);
    let changes = dilnoza.get(&format!("conversations/{id}/changes/?after=0")).await.ok();
    assert_eq!(changes["changes"][0]["message"]["attachments"][0]["voice"], voice);
    let answer = json!({ "conversation": id, "content": "eshitdim", "reply_to": sent["id"] });
    let reply = dilnoza.post("messages/", answer).await.expect(201);
    assert_eq!(reply["reply_to"]["attachments"][0]["voice"], voice);
}

#[tokio::test]
async fn other_files_are_no_voice_messages() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    for upload in [Upload::fixture("voice.ogg"), Upload::fixture("camera.jpg")] {
        let file = aziz.attach(id, &upload).await;
        assert_eq!(file.get("voice"), Some(&Value::Null), "{file}");
    }
    // A form may have an empty field.
    let sent = send(&aziz, id, &[Upload::fixture("voice.ogg")], "").await.expect(201);
    assert_eq!(sent["attachments"][0]["voice"], Value::Null);
}

#[tokio::test]
async fn what_is_no_voice_message_is_refused_by_name_and_leaves_nothing() {
    let (service, aziz, _, id) = Service::with_conversation().await;
    let recording = || Upload::fixture("voice.ogg");
    let good = r#"{"duration_ms":1,"waveform":[]}"#;
    let too_many = json!({ "duration_ms": 1, "waveform": vec![1; 65] }).to_string();
    for (files, voice) in [
        (vec![recording()], r#"{"duration_ms":0,"waveform":[]}"#),
        (vec![recording()], r#"{"duration_ms":3600001,"waveform":[]}"#),
        (vec![recording()], r#"{"duration_ms":1,"waveform":[32]}"#),
        (vec![recording()], too_many.as_str()),
        (vec![recording()], "4200"),
        (vec![recording()], "{"),
        (vec![Upload::fixture("camera.jpg")], good),
        (vec![recording(), recording()], good),
        (vec![], good),
    ] {
        let refused = send(&aziz, id, &files, voice).await.refused(400, "invalid_request");
        assert!(refused["details"]["fields"]["voice"][0].is_string(), "{voice}: {refused}");
    }
    let as_json = json!({ "conversation": id, "content": "salom", "voice": { "duration_ms": 1, "waveform": [] } });
    let refused = aziz.post("messages/", as_json).await.refused(400, "invalid_request");
    assert!(refused["details"]["fields"]["voice"][0].is_string(), "{refused}");
    assert!(aziz.contents(&format!("conversation={id}")).await.is_empty());
    eventually("no object is left", async || {
        objects_in(&service.objects()).is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_field_may_stand_before_or_behind_the_recording() {
    let (_service, aziz, _, id) = Service::with_conversation().await;
    let recording = || -> Part { Upload::fixture("voice.m4a").part() };
    let (voice, conversation) = (r#"{"duration_ms":900,"waveform":[3]}"#, id.to_string());
    let before = Form::new()
        .text("voice", voice)
        .text("conversation", conversation.clone())
        .part("attachment_files", recording());
    let behind = Form::new()
        .part("attachment_files", recording())
        .text("conversation", conversation)
        .text("voice", voice);
    for form in [before, behind] {
        let sent = aziz.post_form("messages/", form).await.expect(201);
        let file = &sent["attachments"][0];
        assert_eq!(
            (&file["mime_type"], &file["voice"]["duration_ms"]),
            (&json!("audio/mp4"), &json!(900)),
            "{file}"
        );
    }
}
