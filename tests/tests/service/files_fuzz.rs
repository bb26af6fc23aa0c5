//! Damaged forms: any form in any pieces is answered without a 500, and leaves no object that no message names.
//! `PROPTEST_CASES` is the number of cases; a few by default.

use std::cell::Cell;

use domain::testing::builders::{AZIZ, DILNOZA};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestRunner},
};
use serde_json::Value;
use suhbat_tests::{BOUNDARY, Client, RawForm, Service, Upload, eventually, objects_in, part};

/// The ways in which a form is damaged in transit.
#[derive(Clone, Debug)]
enum Damage {
    Set(Index, u8),
    Cut(Index, Index),
    /// A piece of the form once more, elsewhere.
    Again(Index, Index, Index),
    /// Something that means something to readers of forms.
    Insert(Index, usize),
    End(Index),
}

const TOKENS: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "--",
    "\r\n--",
    "\r\n\r\n",
    "\r\n------suhbat-by-hand",
    "\r\n------suhbat-by-hand--\r\n",
    "\r\n------suhbat-by-hand\r\n",
    "Content-Disposition: form-data; name=\"attachment_files\"; filename=\"x.txt\"\r\n",
    "Content-Length: 5\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "Content-Type: multipart/mixed; boundary=x\r\n",
    "Content-Type: text/html\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "; filename*=UTF-8''%FF%00",
    "; filename=\"\\\"",
    "; name=\"conversation\"",
    "\0",
    "\u{202e}",
];

fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<Index>;
    prop_oneof![
        3 => (index(), any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value)),
        2 => (index(), index()).prop_map(|(from, to)| Damage::Cut(from, to)),
        1 => (index(), index(), index()).prop_map(|(from, to, at)| Damage::Again(from, to, at)),
        4 => (index(), 0..TOKENS.len()).prop_map(|(at, token)| Damage::Insert(at, token)),
        1 => index().prop_map(Damage::End),
    ]
}

fn apply(form: &mut Vec<u8>, damage: &Damage) {
    let place = |index: &Index| index.index(form.len() + 1);
    match damage {
        Damage::Set(at, value) => {
            let at = place(at);
            if let Some(byte) = form.get_mut(at) {
                *byte = *value;
            }
        }
        Damage::Cut(from, to) => {
            let (from, to) = (place(from), place(to));
            form.drain(from.min(to)..from.max(to).min(from.min(to) + 100));
        }
        Damage::Again(from, to, at) => {
            let (from, to, at) = (place(from), place(to), place(at));
            let piece = form[from.min(to)..from.max(to)].to_vec();
            form.splice(at..at, piece);
        }
        Damage::Insert(at, token) => {
            let at = place(at);
            form.splice(at..at, TOKENS[*token].bytes());
        }
        Damage::End(at) => form.truncate(place(at)),
    }
}

fn whole(conversation: i64) -> Vec<u8> {
    let mut form = Vec::new();
    let picture = Upload::fixture("clear.png").bytes;
    form.extend_from_slice(
        format!(
            "{}{conversation}\r\n{}words\r\n",
            part("name=\"conversation\""),
            part("name=\"content\"")
        )
        .as_bytes(),
    );
    form.extend_from_slice(part("name=\"attachment_files\"; filename=\"a.txt\"").as_bytes());
    form.extend_from_slice(b"a text\r\nof two lines\r\n");
    form.extend_from_slice(part("name=\"attachment_files\"; filename=\"b.png\"; filename*=UTF-8''%D0%B1.png").as_bytes());
    form.extend_from_slice(&picture);
    form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    form
}

/// Sends it in pieces; how many objects the answer names.
async fn send(client: &Client, form: &[u8], pieces: &[Index]) -> Result<usize, TestCaseError> {
    let mut cuts: Vec<usize> = pieces
        .iter()
        .map(|piece| piece.index(form.len() + 1))
        .chain([0, form.len()])
        .collect();
    cuts.sort_unstable();
    let mut request = RawForm::begin(client, form.len()).await;
    for cut in cuts.windows(2) {
        if !request.try_write(&form[cut[0]..cut[1]]).await {
            break;
        }
        tokio::task::yield_now().await;
    }
    let (status, text) = request.answer().await;
    prop_assert!(matches!(status, 201 | 400 | 404 | 413 | 415), "{}: {}", status, text);
    let answer: Value = serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
    let files = answer["attachments"].as_array().into_iter().flatten();
    Ok(files.map(|file| 1 + usize::from(file["thumbnail"].is_string())).sum())
}

#[test]
fn no_damaged_form_causes_a_500_or_leaves_an_object_behind() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime");
    let (service, aziz, id) = runtime.block_on(async {
        let service = Service::start().await;
        let aziz = service.client(AZIZ);
        let id = aziz.open(DILNOZA).await;
        (service, aziz, id)
    });
    let stored = Cell::new(runtime.block_on(send(&aziz, &whole(id), &[])).expect("the whole form is fine"));
    assert_eq!(stored.get(), 3, "a text, an image and its thumbnail");

    let config = Config {
        cases: std::cmp::min(Config::default().cases, if is_long() { u32::MAX } else { 48 }),
        failure_persistence: None,
        ..Config::default()
    };
    let strategy = (prop::collection::vec(damage(), 0..6), prop::collection::vec(any::<Index>(), 0..8));
    let outcome = TestRunner::new(config).run(&strategy, |(damages, pieces)| {
        let mut form = whole(id);
        for damage in &damages {
            apply(&mut form, damage);
        }
        runtime.block_on(async {
            stored.set(stored.get() + send(&aziz, &form, &pieces).await?);
            eventually("no object is left that no message names", async || {
                (objects_in(&service.objects()).len() == stored.get()).then_some(())
            })
            .await;
            Ok(())
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    runtime.block_on(service.stop());
}

/// Only run by name, with the number of cases that `PROPTEST_CASES` gives.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is no setting of the service")]
fn is_long() -> bool {
    std::env::var_os("PROPTEST_CASES").is_some()
}
