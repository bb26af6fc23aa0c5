//! Pages of lists and windows of histories.

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::{id::MessageId, message::Message};

/// The largest page in rows; requests for more get this many.
pub const MAX_PAGE: u32 = 100;

/// A page of messages ends early where their contents ([`Message::content_bytes`]) exceed this: a client that does not read its answer holds this memory.
pub const PAGE_BYTES: usize = 1024 * 1024;

/// A page of a list by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The number of the page, from 1.
    pub number: u32,
    /// Rows for each page, at most [`MAX_PAGE`].
    pub size: u32,
}

impl PageRequest {
    /// A page; the number is at least 1 and the size between 1 and [`MAX_PAGE`].
    pub fn new(number: u32, size: u32) -> Self {
        Self {
            number: number.max(1),
            size: size.clamp(1, MAX_PAGE),
        }
    }

    /// The number of rows before this page.
    pub fn offset(self) -> u64 {
        u64::from(self.number - 1) * u64::from(self.size)
    }
}

/// A page of a list by number, with the length of the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedPage<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// The number of rows of the whole list.
    pub total: u64,
}

impl<T> NumberedPage<T> {
    /// A list without rows.
    pub const fn empty() -> Self {
        Self {
            items: Vec::new(),
            total: 0,
        }
    }
}

/// The part of a history to read. Results are always ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Page `n` counted back from the newest message; page 1 ends with the newest.
    Page(PageRequest),
    /// The messages directly before this id, which need not exist.
    Before(MessageId, u32),
    /// The messages directly after this id, which need not exist.
    After(MessageId, u32),
    /// This message (which must be in the conversation) and its neighbours on both sides: of `limit`, half rounded down are older.
    Around(MessageId, u32),
}

/// A window of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage<T> {
    /// The messages or changes of the window, in ascending order.
    pub items: Vec<T>,
    /// The number of messages in the whole history.
    pub total: u64,
    /// True if there are older messages than the first of `items`.
    pub has_older: bool,
    /// True if there are newer messages than the last of `items`.
    pub has_newer: bool,
}

impl HistoryPage<Message> {
    /// The part of the window that has at most [`PAGE_BYTES`] of content, and one message at least: the part next to where the window begins, so that the
    /// neighbouring windows continue without a gap.
    #[must_use]
    pub fn bounded(mut self, window: Window) -> Self {
        let sizes: Vec<usize> = self.items.iter().map(Message::content_bytes).collect();
        let kept = match window {
            Window::Page(_) | Window::Before(..) => grow(&sizes, sizes.len()..sizes.len()),
            Window::After(..) => grow(&sizes, 0..0),
            Window::Around(id, _) => {
                let middle = self.items.partition_point(|message| message.id < id).min(sizes.len());
                grow(&sizes, middle..middle)
            }
        };
        self.has_older |= kept.start > 0;
        self.has_newer |= kept.end < self.items.len();
        self.items.truncate(kept.end);
        self.items.drain(..kept.start);
        self
    }
}

/// The number of messages, from the first on, that fit into a page; at least one.
pub(crate) fn bounded_prefix<'a>(messages: impl Iterator<Item = &'a Message>) -> usize {
    let sizes: Vec<usize> = messages.map(Message::content_bytes).collect();
    grow(&sizes, 0..0).end
}

/// Extends an empty range on both sides in turn, as long as the items fit; takes the first item always.
fn grow(sizes: &[usize], from: Range<usize>) -> Range<usize> {
    let Range { mut start, mut end } = from;
    let mut total = 0;
    let (mut older, mut newer) = (start > 0, end < sizes.len());
    let fits = |total: &mut usize, size: usize, is_first: bool| {
        let fits = is_first || *total + size <= PAGE_BYTES;
        *total += if fits { size } else { 0 };
        fits
    };
    while older || newer {
        if newer {
            newer = fits(&mut total, sizes[end], start == end);
            end += usize::from(newer);
            newer &= end < sizes.len();
        }
        if older {
            older = fits(&mut total, sizes[start - 1], start == end);
            start -= usize::from(older);
            older &= start > 0;
        }
    }
    start..end
}
