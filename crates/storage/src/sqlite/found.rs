//! Searches: all matching rows are read once, in the order of the list, to find both the page and the total.

use domain::page::PageRequest;
use rusqlite::{Connection, Params};

use super::rows::{Cells, FromRow as _};

/// The ids of a page, and the number of rows in the whole list.
pub(super) struct Found {
    before: u64,
    size: usize,
    pub(super) ids: Vec<i64>,
    pub(super) total: u64,
}

impl Found {
    pub(super) fn new(page: PageRequest) -> Self {
        Self {
            before: page.offset(),
            size: page.size as usize,
            ids: Vec::new(),
            total: 0,
        }
    }

    /// Counts the next row of the list, and keeps its id if it is on the page.
    pub(super) fn add(&mut self, id: i64) {
        if self.total >= self.before && self.ids.len() < self.size {
            self.ids.push(id);
        }
        self.total += 1;
    }

    /// The same, if the row belongs to the list.
    pub(super) fn add_if(&mut self, id: i64, belongs: bool) {
        if belongs {
            self.add(id);
        }
    }
}

/// Calls a function for each row of a query, with the id and the cells after it.
pub(super) fn visit(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut each: impl FnMut(i64, &mut Cells<'_, '_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        let mut cells = Cells::new(row);
        each(i64::read(&mut cells)?, &mut cells)?;
    }
    Ok(())
}
