use std::fmt::Write;

use super::World;
use crate::{
    change::ChangePage,
    conversation::{ListFilter, ListItem},
    id::{ConversationId, Seq, UserId},
    message::{ChangeKind, Message},
    page::{PageRequest, Window},
    ports::MessageFilter,
    testing::{
        builders::{DILNOZA, NUR, community, someone},
        conformance::{Store, Works},
    },
};

/// Smaller than the lists of most tests, so that there are several pages.
const PAGE: u32 = 3;

/// A conversation as one participant sees it.
pub(super) struct View {
    pub(super) conversation: ConversationId,
    pub(super) viewer: UserId,
    pub(super) row: ListItem,
    /// The whole history, tombstones included.
    pub(super) history: Vec<Message>,
    pub(super) changes: Vec<(ChangeKind, Message)>,
    pub(super) last_page: ChangePage,
}

impl<S: Store + 'static> World<S> {
    /// The state that all people can see, without the ids that the store gives; checks on the way that it is consistent.
    pub async fn visible_state(&self) -> String {
        let mut state = String::new();
        for person in community().users {
            let rows = self.list(person.id, &ListFilter::default()).await;
            self.check_list(person.id, &rows).await;
            let total = self.store.unread_total(person.id).await.works();
            let mut counterparts = self.store.counterparts(person.id, None).await.works();
            counterparts.sort_unstable();
            line(
                &mut state,
                &format!("== {}: {total} unread, with {counterparts:?}", person.username),
            );
            for within in [None, Some(NUR)] {
                let counts = self.store.counts(person.id, within).await.works();
                line(&mut state, &format!("{within:?}: {counts:?}"));
            }
            for row in &rows {
                line(&mut state, &self.names.row(row));
            }
            for filter in filters() {
                let found: Vec<_> = self
                    .list(person.id, &filter)
                    .await
                    .iter()
                    .map(|row| self.names.of_conversation(row.id))
                    .collect();
                line(&mut state, &format!("{filter:?}: {found:?}"));
            }
            for row in rows {
                let view = self.view(row, person.id).await;
                self.check_view(&view).await;
                self.describe(&view, &mut state).await;
            }
        }
        state
    }

    async fn describe(&self, view: &View, state: &mut String) {
        line(state, &format!("-- {}", self.names.of_conversation(view.conversation)));
        for message in &view.history {
            line(state, &self.names.message(message));
        }
        let changes: Vec<String> = view
            .changes
            .iter()
            .map(|(kind, message)| format!("{kind:?} {} #{}", self.names.of_message(message.id), message.seq))
            .collect();
        line(state, &format!("{changes:?}"));
        let mut marks = view.last_page.marks.clone();
        marks.sort_by_key(|marks| marks.user);
        for marks in marks {
            line(state, &self.names.marks(&marks));
        }
        let seen = self.messaging.conversation(view.viewer, view.conversation).await;
        // An inactive person sees nothing through the use cases.
        if let Ok(seen) = seen {
            let last = seen.detail.last_message.as_ref().map(|message| self.names.message(message));
            line(
                state,
                &format!("{last:?} {} {:?} pin={}", seen.detail.unread_count, seen.cannot_send, seen.can_pin),
            );
            let conversation = &seen.detail.facts.conversation;
            let times = [
                Some(conversation.created_at),
                Some(conversation.updated_at),
                conversation.last_message_at,
            ];
            line(state, &format!("{times:?} staff={}", conversation.opened_by_staff));
        }
        let pinned = self
            .history(
                view.conversation,
                MessageFilter {
                    deleted: false,
                    pinned_only: true,
                },
            )
            .await;
        line(
            state,
            &format!(
                "pinned: {:?}",
                pinned.iter().map(|message| self.names.of_message(message.id)).collect::<Vec<_>>()
            ),
        );
    }

    async fn view(&self, row: ListItem, viewer: UserId) -> View {
        let history = self
            .history(
                row.id,
                MessageFilter {
                    deleted: true,
                    pinned_only: false,
                },
            )
            .await;
        let mut changes = Vec::new();
        let mut last_page = self.store.changes(row.id, Seq(0), PAGE).await.works();
        loop {
            changes.append(&mut last_page.changes);
            let Some((_, newest)) = changes.last().filter(|_| last_page.has_more) else {
                break;
            };
            last_page = self.store.changes(row.id, newest.seq, PAGE).await.works();
        }
        View {
            conversation: row.id,
            viewer,
            row,
            history,
            changes,
            last_page,
        }
    }

    /// The whole list, page by page.
    async fn list(&self, of: UserId, filter: &ListFilter) -> Vec<ListItem> {
        let mut rows = Vec::new();
        for number in 1.. {
            let page = self.store.list(of, filter, PageRequest::new(number, PAGE)).await.works();
            let is_last = page.items.is_empty();
            rows.extend(page.items);
            if is_last {
                assert_eq!(page.total, rows.len() as u64, "the total is that of the list");
                break;
            }
        }
        rows
    }

    /// The whole history, page by page from the newest.
    pub(super) async fn history(&self, of: ConversationId, shown: MessageFilter) -> Vec<Message> {
        let mut history = Vec::new();
        let mut window = Window::Page(PageRequest::new(1, PAGE));
        loop {
            let page = self
                .store
                .window(of, window, shown)
                .await
                .works()
                .expect("it is no window around a message");
            let (older, total) = (page.has_older, page.total);
            history.splice(0..0, page.items);
            match history.first() {
                Some(oldest) if older => window = Window::Before(oldest.id, PAGE),
                _ => {
                    assert_eq!(total, history.len() as u64, "the total is that of the history");
                    return history;
                }
            }
        }
    }
}

fn filters() -> [ListFilter; 7] {
    [
        ListFilter {
            waiting: true,
            ..ListFilter::default()
        },
        ListFilter {
            archived: Some(true),
            ..ListFilter::default()
        },
        ListFilter {
            archived: Some(false),
            confession: Some(NUR),
            ..ListFilter::default()
        },
        ListFilter {
            unread: true,
            archived: Some(false),
            ..ListFilter::default()
        },
        ListFilter {
            unread: true,
            ..ListFilter::default()
        },
        ListFilter {
            confession: Some(NUR),
            ..ListFilter::default()
        },
        ListFilter {
            query: Some(someone(DILNOZA).last_name),
            ..ListFilter::default()
        },
    ]
}

fn line(state: &mut String, text: &str) {
    writeln!(state, "{text}").expect("a string takes everything");
}
