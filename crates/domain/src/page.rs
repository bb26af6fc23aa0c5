//! Pages of lists and windows of histories.

#[cfg(test)]
mod tests;

use crate::id::MessageId;

/// The largest page anyone gets.
pub const MAX_PAGE: u32 = 100;

/// A page of a list by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1.
    pub number: u32,
    /// At most [`MAX_PAGE`].
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

    /// How many rows come before this page.
    pub fn offset(self) -> u64 {
        u64::from(self.number - 1) * u64::from(self.size)
    }
}

/// A page of a list by number, with the length of the whole list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    /// The rows, in the order of the list.
    pub items: Vec<T>,
    /// How many rows the whole list has.
    pub total: u64,
}

/// Which part of a history to read. Results are always ascending.
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
    /// Ascending.
    pub items: Vec<T>,
    /// How many the whole history has.
    pub total: u64,
    /// Are there older ones than the first of `items`?
    pub has_older: bool,
    /// Are there newer ones than the last of `items`?
    pub has_newer: bool,
}
