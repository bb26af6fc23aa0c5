//! The check that the write-ahead log (WAL) belongs to the database file.
//!
//! SQLite does not check this: it applies a WAL that a crash left to any file of that name, so a backup that was copied over the database is mixed
//! with the pages of its predecessor. Therefore every transaction of the writer increments a number in the database header, `PRAGMA application_id`, which
//! nothing else uses. The header is in page 1, so each transaction leaves the number in the WAL, at a fixed offset. If the number of a file is not between
//! the one from which the WAL continues and the newest in the WAL, it is another file.
//!
//! A copy that is older, but not older than the beginning of the WAL, is accepted, because the WAL has every page that differs. Copies by `backup` are
//! never accepted, since they get a random number.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    thread,
    time::Duration,
};

use rusqlite::Connection;

use super::error::OpenError;
use super::place;

/// The relation of the WAL to the database file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// There is no WAL, or it has no commit: the database was closed in order.
    Empty,
    /// The WAL continues this file.
    Belongs,
    /// The relation is unknown, because a version that did not count transactions wrote the WAL.
    Unknown,
    /// The WAL continues another file.
    Foreign,
}

/// Counts a transaction that has written something. It has to run inside that transaction.
pub(super) fn count_transaction(connection: &Connection) -> rusqlite::Result<()> {
    // 0 is the number of a database whose transactions were never counted.
    let next = match counted(connection)?.wrapping_add(1) {
        0 => 1,
        next => next,
    };
    set(connection, next)
}

/// Gives a copy a random number, so that it is never mistaken for its source.
pub(super) fn part_from_original(connection: &Connection) -> rusqlite::Result<()> {
    let random: i32 = connection.query_row("SELECT random() & 0x7fffffff | 1", [], |row| row.get(0))?;
    set(connection, random.cast_unsigned())
}

fn set(connection: &Connection, number: u32) -> rusqlite::Result<()> {
    connection.pragma_update(None, "application_id", number.cast_signed())
}

/// The number of the newest transaction, as [`count_transaction`] counts.
pub(super) fn counted(connection: &Connection) -> rusqlite::Result<u32> {
    let mut statement = connection.prepare_cached("PRAGMA application_id")?;
    Ok(statement.query_row([], |row| row.get::<_, i32>(0))?.cast_unsigned())
}

/// Reads the file and its WAL without changing them. Fails if they do not belong together.
pub(super) fn check(file: &Path) -> Result<Log, OpenError> {
    let log = judge(file).map_err(|error| OpenError::Log(place::beside(file, "-wal"), error))?;
    if log == Log::Foreign {
        return Err(OpenError::ForeignLog {
            database: file.to_owned(),
            log: place::beside(file, "-wal"),
        });
    }
    Ok(log)
}

/// The relation of the WAL to the file. Another process may be writing, so [`Log::Foreign`] is returned only after several attempts.
pub(super) fn judge(file: &Path) -> io::Result<Log> {
    for _ in 0..8 {
        let log = glance(file)?;
        if log != Log::Foreign {
            return Ok(log);
        }
        thread::sleep(Duration::from_millis(25));
    }
    Ok(Log::Foreign)
}

fn glance(file: &Path) -> io::Result<Log> {
    let log = match File::open(place::beside(file, "-wal")) {
        Ok(log) => log,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Log::Empty),
        Err(error) => return Err(error),
    };
    let Some(span) = read_log(&mut BufReader::with_capacity(1 << 20, log))? else {
        return Ok(Log::Empty);
    };
    match std::fs::metadata(file) {
        Ok(metadata) if metadata.len() > 0 => {}
        // SQLite would delete the WAL of an empty file.
        Ok(_) => return Ok(Log::Foreign),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Log::Foreign),
        Err(error) => return Err(error),
    }
    let Some((first, newest)) = span.filter(|(_, newest)| *newest != 0) else {
        return Ok(Log::Unknown);
    };
    // SQLite reads the file, because closing another handle would release the locks of this process on it.
    let Ok(of_file) = place::open_alone(file).and_then(|file| counted(&file)) else {
        // The file is no database; opening it for use reports that.
        return Ok(Log::Unknown);
    };
    let before = first.wrapping_sub(1);
    let belongs = of_file.wrapping_sub(before) <= newest.wrapping_sub(before);
    Ok(if belongs { Log::Belongs } else { Log::Foreign })
}

/// The numbers of the first and of the newest committed copy of page 1; `Some(None)` if something else was committed, `None` if nothing was.
type Span = Option<Option<(u32, u32)>>;

/// The offset of `PRAGMA application_id` in page 1.
const NUMBER_AT: usize = 68;

/// Reads the WAL like SQLite's recovery: up to the first frame that does not continue the one before. <https://sqlite.org/fileformat2.html#walformat>
fn read_log(log: &mut impl Read) -> io::Result<Span> {
    let mut header = [0; 32];
    if !fill(log, &mut header)? {
        return Ok(None);
    }
    let big_endian = match word(&header, 0) {
        0x377f_0682 => false,
        0x377f_0683 => true,
        _ => return Ok(None),
    };
    let page_size = word(&header, 8) as usize;
    let mut sum = Checksum { big_endian, sums: [0, 0] };
    sum.add(&header[..24]);
    if sum.sums != [word(&header, 24), word(&header, 28)] || !(512..=65_536).contains(&page_size) {
        return Ok(None);
    }
    let mut frame = vec![0; 24 + page_size];
    let (mut committed, mut seen, mut any) = (None, None, false);
    while fill(log, &mut frame)? {
        sum.add(&frame[..8]);
        sum.add(&frame[24..]);
        if frame[8..16] != header[16..24] || sum.sums != [word(&frame, 16), word(&frame, 20)] {
            break;
        }
        if word(&frame, 0) == 1 {
            let number = word(&frame, 24 + NUMBER_AT);
            seen = Some(seen.map_or((number, number), |(first, _)| (first, number)));
        }
        if word(&frame, 4) != 0 {
            (committed, any) = (seen, true);
        }
    }
    Ok(any.then_some(committed))
}

/// Fills the buffer. False if the file ends before it is full.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        other => other.map(|()| true),
    }
}

/// A 32-bit word of the header, always big-endian.
fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// The running checksum of the WAL.
struct Checksum {
    big_endian: bool,
    sums: [u32; 2],
}

impl Checksum {
    fn add(&mut self, bytes: &[u8]) {
        let read = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let [mut one, mut other] = self.sums;
        let (pairs, _) = bytes.as_chunks::<8>();
        for [a, b, c, d, e, f, g, h] in pairs {
            one = one.wrapping_add(read([*a, *b, *c, *d])).wrapping_add(other);
            other = other.wrapping_add(read([*e, *f, *g, *h])).wrapping_add(one);
        }
        self.sums = [one, other];
    }
}
