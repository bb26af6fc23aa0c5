//! The text of an event between nodes: a header of a fixed length, and the body in JSON.
//!
//! `1s` (the version, and whether the change is stored), the number of the node, that of the event on its node, and the time of publishing in microseconds,
//! each in 16 hexadecimal digits. A node that cannot read an event, since it comes from a newer version, treats it as lost.

use std::collections::HashSet;

use domain::{
    event::{Body, Event},
    id::UserId,
    ports::Gap,
    time::Timestamp,
};

/// Raised when a node of the version before could read an event wrongly; a new kind of event needs nothing.
const VERSION: u8 = b'1';
const NUMBER: usize = 16;
const HEADER: usize = 2 + 3 * NUMBER;

/// The node and the number of an event, the same in all its copies.
pub(super) type EventId = (u64, u64);

/// An event of another node.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) id: EventId,
    pub(super) published_at: Timestamp,
    pub(super) body: Body,
}

/// The text is of another version, or damaged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

/// The text of an event, the same for all recipients; `None` if it cannot be written.
pub(super) fn encode(event: &Event, (node, number): EventId, published_at: Timestamp) -> Option<Vec<u8>> {
    let kind = if event.body.is_stored() { 's' } else { 't' };
    let mut text = format!("{}{kind}{node:016x}{number:016x}{:016x}", char::from(VERSION), published_at.0).into_bytes();
    serde_json::to_writer(&mut text, &event.body).ok()?;
    Some(text)
}

/// Whether losing the event must be told to its recipients. In doubt it must.
pub(super) fn is_stored(payload: &[u8]) -> bool {
    payload.get(1) != Some(&b't')
}

/// The id of an event; `None` if the text cannot be read.
pub(super) fn id(payload: &[u8]) -> Option<EventId> {
    if payload.first() != Some(&VERSION) {
        return None;
    }
    Some((number(payload, 0)?, number(payload, 1)?))
}

pub(super) fn decode(payload: &[u8]) -> Result<Decoded, Unreadable> {
    let id = id(payload).ok_or(Unreadable)?;
    let published_at = number(payload, 2).ok_or(Unreadable)?.cast_signed();
    let body = payload.get(HEADER..).ok_or(Unreadable)?;
    Ok(Decoded {
        id,
        published_at: Timestamp(published_at),
        body: serde_json::from_slice(body).map_err(|_| Unreadable)?,
    })
}

fn number(payload: &[u8], place: usize) -> Option<u64> {
    let start = 2 + place * NUMBER;
    let digits = std::str::from_utf8(payload.get(start..start + NUMBER)?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

/// The text by which a node tells the others that it could not publish events: its number and the ids of their recipients, or `*` for all.
pub(super) fn encode_gap(node: u64, gap: &Gap) -> Option<String> {
    let users = match gap {
        Gap::Nobody => return None,
        Gap::Everybody => "*".to_owned(),
        Gap::Users(users) => users.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    };
    Some(format!("{}g{node:016x}{users}", char::from(VERSION)))
}

/// The node that could not publish events, and their recipients. What cannot be read concerns everybody.
pub(super) fn decode_gap(payload: &[u8]) -> (Option<u64>, Gap) {
    let users = || {
        let text = std::str::from_utf8(payload.get(2 + NUMBER..)?).ok()?;
        text.split(',')
            .map(|id| id.parse().ok().map(UserId))
            .collect::<Option<HashSet<_>>>()
    };
    let node = (payload.get(..2) == Some(&[VERSION, b'g'])).then(|| number(payload, 0)).flatten();
    (node, users().map_or(Gap::Everybody, Gap::Users))
}

#[cfg(test)]
mod tests {
    use domain::id::ConversationId;

    use super::*;

    fn typing() -> Event {
        Event {
            to: vec![UserId(1)],
            body: Body::Typing {
                conversation: ConversationId(7),
                user: UserId(2),
                username: "oʻktam".to_owned(),
                is_typing: true,
                node: 1,
            },
        }
    }

    #[test]
    fn an_event_is_read_as_it_was_written() {
        let text = encode(&typing(), (u64::MAX, 5), Timestamp(-1)).unwrap();
        assert_eq!(id(&text), Some((u64::MAX, 5)));
        assert!(!is_stored(&text));
        let decoded = decode(&text).unwrap();
        assert_eq!(
            (decoded.id, decoded.published_at, decoded.body),
            ((u64::MAX, 5), Timestamp(-1), typing().body)
        );
    }

    #[test]
    fn events_of_another_version_and_damaged_ones_are_unreadable() {
        let text = encode(&typing(), (1, 2), Timestamp(3)).unwrap();
        let newer = [b"2", &text[1..]].concat();
        let unknown = [&text[..HEADER], br#"{"poll":{"conversation":7}}"#].concat();
        for payload in [
            &newer[..],
            &unknown,
            &text[..HEADER],
            &text[..20],
            b"",
            b"1",
            "1sоʻзбекча оʻзбекча оʻзбекча".as_bytes(),
        ] {
            assert_eq!(decode(payload), Err(Unreadable), "{}", String::from_utf8_lossy(payload));
        }
        assert!(is_stored(b""), "in doubt the recipients are told");
    }

    #[test]
    fn a_gap_names_its_users() {
        let some = Gap::Users([UserId(-1), UserId(7)].into());
        for gap in [some, Gap::Everybody] {
            let text = encode_gap(9, &gap).unwrap();
            assert_eq!(decode_gap(text.as_bytes()), (Some(9), gap));
        }
        assert_eq!(encode_gap(9, &Gap::Nobody), None);
        for text in ["", "2g", "1g0000000000000009a", "1g000000000000000"] {
            assert_eq!(decode_gap(text.as_bytes()).1, Gap::Everybody, "{text}");
        }
    }
}
