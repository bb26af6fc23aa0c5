//! Images that are expensive to decode: they delay their sender, and nobody else.

use std::sync::{Arc, Mutex, PoisonError};

use domain::{
    id::UserId,
    testing::builders::{AZIZ, DILNOZA},
};
use serde_json::{Value, json};
use suhbat_tests::{Client, Served, Upload, community, eventually};

use crate::program::binary;

#[path = "../../../crates/media/src/tests/costly_jpeg.rs"]
mod costly_jpeg;

/// The program with the usual people, and without limits of rates, which would end the attack before it began.
async fn serve() -> Served {
    let mut binary = binary();
    for limit in ["messages", "uploads", "requests"] {
        binary = binary.with(&format!("rate.{limit}_per_minute"), "0");
    }
    let people = binary.file("people.json", &community().to_string());
    let imported = binary.run(&["import", &people]).await;
    assert_eq!(imported.status, Some(0), "{imported:?}");
    binary.serve(&[]).await
}

async fn client(served: &Served, user: UserId) -> Client {
    let token = served.token(&["--user", &user.to_string(), "--ttl", "3600"]).await;
    served.client().with_token(token)
}

async fn files_waiting(served: &Served) -> f64 {
    let metrics = served.client().get("/metrics").await.text;
    let value = metrics.lines().find_map(|line| line.strip_prefix("suhbat_files_waiting "));
    value.map_or(0.0, |value| value.parse().expect("a number"))
}

#[tokio::test]
async fn one_persons_costly_pictures_do_not_hold_up_anothers() {
    const COSTLY: usize = 12;
    let served = serve().await;
    let (aziz, dilnoza) = (client(&served, AZIZ).await, client(&served, DILNOZA).await);
    let id = aziz.open(DILNOZA).await;
    // Near to the most that is decoded: a decoder goes over 320 million pixels.
    let costly = Upload::new("costly.jpg", costly_jpeg::progressive(4000, 4000, 20));
    assert!(costly.bytes.len() < 60_000, "{}", costly.bytes.len());

    let order: Arc<Mutex<Vec<&str>>> = Arc::default();
    let note = |order: &Mutex<Vec<&'static str>>, who| order.lock().unwrap_or_else(PoisonError::into_inner).push(who);
    let attack: Vec<_> = (0..COSTLY)
        .map(|_| {
            let (aziz, costly, order) = (aziz.clone(), costly.clone(), order.clone());
            tokio::spawn(async move {
                let file = aziz.attach(id, &costly).await;
                note(&order, "Aziz");
                file
            })
        })
        .collect();
    eventually("the pictures wait for their turn", async || {
        (files_waiting(&served).await >= 10.0).then_some(())
    })
    .await;
    for _ in 0..3 {
        let file = dilnoza.attach(id, &Upload::fixture("notes.png")).await;
        assert_ne!(file["thumbnail"], Value::Null);
        note(&order, "Dilnoza");
    }
    for task in attack {
        let file = task.await.expect("no panic");
        assert_eq!((&file["width"], &file["height"]), (&json!(4000), &json!(4000)));
    }
    let order = order.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let last = order.iter().rposition(|who| *who == "Dilnoza").expect("her pictures are stored");
    let before = order[..last].iter().filter(|who| **who == "Aziz").count();
    assert!(before < COSTLY / 2, "she waited for {before} of his pictures: {order:?}");
    served.stop().await;
}

#[tokio::test]
async fn a_picture_too_costly_to_decode_is_stored_without_a_thumbnail() {
    let served = serve().await;
    let aziz = client(&served, AZIZ).await;
    let id = aziz.open(DILNOZA).await;
    for (name, bytes) in [
        ("scans.jpg", costly_jpeg::progressive(7070, 7070, 100)),
        ("tiny.jpg", costly_jpeg::progressive(8, 8, 100_000)),
    ] {
        let file = aziz.attach(id, &Upload::new(name, bytes)).await;
        assert!(file["width"].is_u64() && file["thumbnail"].is_null(), "{file}");
    }
    // A screen of one pixel, and a frame of 400 megapixels.
    let frame = b"GIF89a\x01\0\x01\0\0\0\0\x2C\0\0\0\0\x20\x4E\x20\x4E\0\x02\x02\x44\x01\0\x3B";
    aziz.upload(id, &[Upload::new("frame.gif", frame.as_slice())])
        .await
        .refused(413, "image_too_large");
    served.stop().await;
}
