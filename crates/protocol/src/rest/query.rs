//! The query strings of requests.

use domain::{
    conversation::ListFilter,
    id::{ConfessionId, ConversationId, MessageId, Seq},
    page::{MAX_PAGE, PageRequest, Window},
    people::ContactFilter,
    ports::MessageFilter,
};
use utoipa::IntoParams;

use crate::fields::{Fields, request};

/// Rows of a page of conversations or contacts, unless asked for otherwise.
pub const LIST_PAGE: u32 = 20;
/// Messages of a window, unless asked for otherwise.
pub const HISTORY_PAGE: u32 = 50;
/// The longest text to look for, in characters.
const QUERY_CHARS: usize = 200;

request! {
    /// The conversations of the caller that the list has.
    #[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct ConversationsQuery {
        /// From 1; a page past the end is empty.
        #[param(minimum = 1)]
        pub page: Option<u32>,
        /// Rows of a page, 20 by default; more than 100 count as 100.
        #[param(minimum = 1)]
        pub page_size: Option<u32>,
        /// Only conversations about this confession.
        #[param(value_type = Option<i64>)]
        pub confession: Option<ConfessionId>,
        /// Only conversations with unread messages, and those that the caller marked as unread.
        pub unread: Option<bool>,
        /// Only conversations in which a member waits for an answer, those who wait longest first. For members none.
        pub waiting: Option<bool>,
        /// Only conversations that are in the caller's archive (true), or are not (false); by default both.
        pub archived: Option<bool>,
        /// Only those where the names of another participant, or the name of the confession, have every word of this, in any order and anywhere inside a word. Latin finds
        /// Cyrillic and back, `е` finds `ё`; apostrophes, accents and case make no difference. A text without a letter or digit finds nothing; a blank
        /// one is no search.
        #[param(max_length = 200)]
        pub q: Option<String> = search_text,
    }
}

impl ConversationsQuery {
    /// The page that is asked for; by default the first, of [`LIST_PAGE`] rows.
    pub fn page(&self) -> PageRequest {
        page(self.page, self.page_size, LIST_PAGE)
    }

    /// The filters that were given; without one all conversations match.
    pub fn filter(&self) -> ListFilter {
        ListFilter {
            confession: self.confession,
            unread: self.unread.unwrap_or_default(),
            waiting: self.waiting.unwrap_or_default(),
            archived: self.archived,
            query: self.q.clone(),
        }
    }
}

request! {
    /// The conversations of the caller that are counted.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct CountsQuery {
        /// Only conversations about this confession.
        #[param(value_type = Option<i64>)]
        pub confession: Option<ConfessionId>,
    }
}

request! {
    /// The contacts of the caller that the list has.
    #[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct ContactsQuery {
        /// From 1; a page past the end is empty.
        #[param(minimum = 1)]
        pub page: Option<u32>,
        /// Rows of a page, 20 by default; more than 100 count as 100.
        #[param(minimum = 1)]
        pub page_size: Option<u32>,
        /// Only those where the names of the person, or the name of the confession, have every word of this, in any order and anywhere inside a word. Latin finds
        /// Cyrillic and back, `е` finds `ё`; apostrophes, accents and case make no difference. A text without a letter or digit finds nothing; a blank
        /// one is no search.
        #[param(max_length = 200)]
        pub q: Option<String> = search_text,
        /// Only members who follow a confession that the caller administers (true), or only all others (false); by default both. The former come by their shown
        /// names, in alphabetical order, unless those confessions have more than 2,000 followers; all other lists come by username.
        pub own: Option<bool>,
    }
}

impl ContactsQuery {
    /// The filters that were given; without one all contacts match.
    pub fn filter(&self) -> ContactFilter {
        ContactFilter {
            query: self.q.clone(),
            own: self.own,
        }
    }

    /// The page that is asked for; by default the first, of [`LIST_PAGE`] rows.
    pub fn page(&self) -> PageRequest {
        page(self.page, self.page_size, LIST_PAGE)
    }
}

request! {
    /// The part of the history that the answer has.
    #[derive(Clone, Debug, PartialEq, Eq, IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct HistoryQuery {
        /// The conversation.
        #[param(value_type = i64)]
        pub conversation: ConversationId,
        /// Page 1 is the newest messages, page 2 the ones before; ascending inside the page.
        #[param(minimum = 1)]
        pub page: Option<u32>,
        /// Messages of a page, 50 by default; more than 100 count as 100.
        #[param(minimum = 1)]
        pub page_size: Option<u32>,
        /// The messages directly before this one.
        #[param(value_type = Option<i64>)]
        pub before: Option<MessageId>,
        /// The messages directly after this one.
        #[param(value_type = Option<i64>)]
        pub after: Option<MessageId>,
        /// This message and its neighbours.
        #[param(value_type = Option<i64>)]
        pub around: Option<MessageId>,
        /// Messages with `before`, `after` and `around`, 50 by default; more than 100 count as 100.
        #[param(minimum = 1)]
        pub limit: Option<u32>,
        /// Only pinned messages.
        pub pinned: Option<bool>,
        /// Includes tombstones.
        pub include_deleted: Option<bool>,
    }
    then has_one_start
}

impl HistoryQuery {
    /// Of `page`, `before`, `after` and `around` one can be given.
    fn has_one_start(&self, fields: &mut Fields) {
        let starts = [
            ("page", self.page.is_some()),
            ("before", self.before.is_some()),
            ("after", self.after.is_some()),
            ("around", self.around.is_some()),
        ];
        for (name, _) in starts.into_iter().filter(|(_, given)| *given).skip(1) {
            fields.refuse(name, "Only one of page, before, after and around can be given.");
        }
    }

    /// The number of messages, from 1 to [`MAX_PAGE`].
    pub fn size(&self) -> u32 {
        self.limit.or(self.page_size).unwrap_or(HISTORY_PAGE).clamp(1, MAX_PAGE)
    }

    /// The window of messages; by default the newest page.
    pub fn window(&self) -> Window {
        match (self.before, self.after, self.around) {
            (Some(id), _, _) => Window::Before(id, self.size()),
            (_, Some(id), _) => Window::After(id, self.size()),
            (_, _, Some(id)) => Window::Around(id, self.size()),
            (None, None, None) => Window::Page(PageRequest::new(self.page.unwrap_or(1), self.size())),
        }
    }

    /// Whether tombstones are included, and whether only pinned messages are.
    pub fn shown(&self) -> MessageFilter {
        MessageFilter {
            deleted: self.include_deleted.unwrap_or_default(),
            pinned_only: self.pinned.unwrap_or_default(),
        }
    }
}

request! {
    /// The changes that the answer has.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, IntoParams)]
    #[into_params(parameter_in = Query)]
    pub struct ChangesQuery {
        /// The newest `seq` that the client has; 0 by default.
        #[param(value_type = Option<i64>, minimum = 0)]
        pub after: Seq = seq,
        /// The greatest number of changes in the answer, 100 by default and at most.
        #[param(value_type = Option<u32>, minimum = 1)]
        pub limit: u32 = most_changes,
    }
}

/// A page of a list, as far as it was asked for.
fn page(number: Option<u32>, size: Option<u32>, default_size: u32) -> PageRequest {
    PageRequest::new(number.unwrap_or(1), size.unwrap_or(default_size))
}

/// A blank text is no search.
fn search_text(fields: &mut Fields, name: &str) -> Option<String> {
    fields
        .optional_line(name, QUERY_CHARS)
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

fn seq(fields: &mut Fields, name: &str) -> Seq {
    let seq = fields.optional_id(&[name]).unwrap_or_default();
    if seq < 0 {
        fields.refuse(name, "Must be at least 0.");
    }
    Seq(seq)
}

fn most_changes(fields: &mut Fields, name: &str) -> u32 {
    fields.optional_count(&[name]).unwrap_or(MAX_PAGE).min(MAX_PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Rejection;

    fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Fields {
        Fields::from_pairs(pairs)
    }

    #[test]
    fn defaults_are_those_of_the_contract() {
        let list = ConversationsQuery::read(pairs([])).unwrap();
        assert_eq!(
            (list.page(), list.filter()),
            (PageRequest { number: 1, size: 20 }, ListFilter::default())
        );
        assert_eq!(ContactsQuery::read(pairs([])).unwrap().page(), PageRequest { number: 1, size: 20 });
        let history = HistoryQuery::read(pairs([("conversation", "4")])).unwrap();
        assert_eq!(
            (history.conversation, history.shown()),
            (ConversationId(4), MessageFilter::default())
        );
        assert_eq!(history.window(), Window::Page(PageRequest { number: 1, size: 50 }));
        assert_eq!(ChangesQuery::read(pairs([])), Ok(ChangesQuery { after: Seq(0), limit: 100 }));
    }

    #[test]
    fn more_than_a_hundred_counts_as_a_hundred() {
        assert_eq!(ConversationsQuery::read(pairs([("page_size", "5000")])).unwrap().page().size, 100);
        assert_eq!(
            HistoryQuery::read(pairs([("conversation", "4"), ("limit", "101")])).unwrap().size(),
            100
        );
        assert_eq!(ChangesQuery::read(pairs([("limit", "99999999999")])).unwrap().limit, 100);
    }

    #[test]
    fn filters_are_read() {
        let query = ConversationsQuery::read(pairs([
            ("confession", "3"),
            ("unread", "true"),
            ("waiting", "true"),
            ("archived", "false"),
            ("q", " Баптист "),
            ("page", "2"),
        ]))
        .unwrap();
        let expected = ListFilter {
            confession: Some(ConfessionId(3)),
            unread: true,
            waiting: true,
            archived: Some(false),
            query: Some("Баптист".to_owned()),
        };
        assert_eq!((query.page().number, query.filter()), (2, expected));
    }

    #[test]
    fn history_is_read_from_one_place_only() {
        let window = |name| {
            HistoryQuery::read(pairs([("conversation", "4"), (name, "9"), ("limit", "7")]))
                .unwrap()
                .window()
        };
        assert_eq!(window("before"), Window::Before(MessageId(9), 7));
        assert_eq!(window("after"), Window::After(MessageId(9), 7));
        assert_eq!(window("around"), Window::Around(MessageId(9), 7));
        let Err(Rejection::Invalid(errors)) = HistoryQuery::read(pairs([("conversation", "4"), ("before", "9"), ("after", "3")])) else {
            panic!("accepted")
        };
        assert!(errors.names("after"));
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let Err(Rejection::Invalid(errors)) = HistoryQuery::read(pairs([("page", "0"), ("pinned", "maybe"), ("before", "x")])) else {
            panic!("accepted")
        };
        assert!(
            ["conversation", "page", "pinned", "before"].iter().all(|name| errors.names(name)),
            "{errors:?}"
        );
    }
}
