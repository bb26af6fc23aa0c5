//! Lists and where their neighbours are.

use actix_web::HttpRequest;
use domain::{
    id::{ConversationId, MessageId},
    message::Message,
    messaging::MessageList,
    page::PageRequest,
    ports::MessageFilter,
};
use protocol::rest::List;

use super::{links::url, state::State};

/// A page by number. The links keep the other parameters of the request.
pub(super) fn by_number<T>(state: &State, request: &HttpRequest, path: &str, asked: PageRequest, total: u64, results: Vec<T>) -> List<T> {
    let base = state.public_url.base(request);
    let kept: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| name != "page" && name != "page_size")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let link = |number: u32| {
        let kept = kept.iter().map(|(name, value)| (name.as_str(), value.clone()));
        url(
            &base,
            path,
            kept.chain([("page", number.to_string()), ("page_size", asked.size.to_string())]),
        )
    };
    let has_next = asked.offset() + u64::from(asked.size) < total;
    List {
        count: total,
        next: has_next.then(|| link(asked.number + 1)),
        previous: (asked.number > 1).then(|| link(asked.number - 1)),
        results,
    }
}

/// The link to the hits of a search that are older than this message. It keeps the other parameters of the request.
pub(super) fn older_hits(state: &State, request: &HttpRequest, path: &str, before: MessageId, limit: u32) -> String {
    let kept: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes())
        .filter(|(name, _)| name != "before" && name != "limit")
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    let kept = kept.iter().map(|(name, value)| (name.as_str(), value.clone()));
    url(
        &state.public_url.base(request),
        path,
        kept.chain([("before", before.to_string()), ("limit", limit.to_string())]),
    )
}

/// The offsets of the windows directly before and after this one: (older, newer).
pub(super) fn neighbours(
    state: &State,
    request: &HttpRequest,
    path: &str,
    of: ConversationId,
    limit: u32,
    shown: MessageFilter,
    window: &MessageList,
) -> (Option<String>, Option<String>) {
    let base = state.public_url.base(request);
    let link = |name: &'static str, edge: Option<&Message>| {
        edge.map(|message| {
            let flags = [("pinned", shown.pinned_only), ("include_deleted", shown.deleted)];
            let flags = flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| (name, "true".to_owned()));
            let place = [
                ("conversation", of.to_string()),
                (name, message.id.to_string()),
                ("limit", limit.to_string()),
            ];
            url(&base, path, place.into_iter().chain(flags))
        })
    };
    let older = window.has_older.then(|| link("before", window.items.first())).flatten();
    let newer = window.has_newer.then(|| link("after", window.items.last())).flatten();
    (older, newer)
}
