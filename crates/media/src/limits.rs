//! Limits on decoding an image: pixels, memory and time.
//!
//! Decoders cannot be interrupted, but they fail when reading fails. So they read through a [`TimedReader`], in pieces so small that decoding one takes little time.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    sync::Arc,
    time::{Duration, Instant},
};

/// Bytes that a decoder gets at once. Deflate expands them to at most half a megabyte; a scan of a progressive JPEG can be a few times as long.
const MAX_READ: usize = 512;

/// Limits on images. An image above `pixels` is refused; one above any other limit has no thumbnail.
#[derive(Clone, Debug)]
pub struct ImageLimits {
    /// Pixels by the headers, those of all frames included.
    pub pixels: u64,
    /// The longest side of a thumbnail, in pixels.
    pub thumbnail_side: u32,
    /// Memory of a decoder, in bytes.
    pub decoder_bytes: usize,
    /// Pixels that a decoder goes over. Each scan of a progressive JPEG goes over all of them again.
    pub scanned_pixels: u64,
    /// The longest side, in pixels. Decoders take a step for each row, and a thumbnail of an image of one pixel by millions shows nothing.
    pub side: u32,
    /// Time for one thumbnail.
    pub time: Duration,
    /// The clock that measures `time`.
    pub clock: MonotonicClock,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self {
            pixels: 64_000_000,
            thumbnail_side: 480,
            decoder_bytes: 320 * 1024 * 1024,
            // Ten scans, which is usual, at 50 megapixels.
            scanned_pixels: 500_000_000,
            // The longest side that JPEG and GIF can have.
            side: 65_535,
            // Fifty times as long as a photo takes.
            time: Duration::from_secs(10),
            clock: MonotonicClock::default(),
        }
    }
}

/// A clock that never runs backwards, for [`ImageLimits`].
#[derive(Clone)]
pub struct MonotonicClock(Arc<dyn Fn() -> Instant + Send + Sync>);

impl MonotonicClock {
    /// Calls `now` for the time.
    pub fn new(now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }
}

impl Default for MonotonicClock {
    fn default() -> Self {
        Self::new(Instant::now)
    }
}

impl fmt::Debug for MonotonicClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MonotonicClock")
    }
}

/// The deadline for one thumbnail.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    clock: MonotonicClock,
    started: Instant,
    time: Duration,
}

impl Deadline {
    pub(super) fn start(clock: &MonotonicClock, time: Duration) -> Self {
        Self {
            started: (clock.0)(),
            clock: clock.clone(),
            time,
        }
    }

    /// None when the time is up.
    pub(super) fn check(&self) -> Option<()> {
        ((self.clock.0)().saturating_duration_since(self.started) <= self.time).then_some(())
    }

    /// A reader for a decoder, which fails when the time is up.
    pub(super) fn reader<S: Read + Seek>(&self, source: S) -> BufReader<TimedReader<'_, S>> {
        let timed = TimedReader {
            source: BufReader::with_capacity(32 * 1024, source),
            deadline: self,
        };
        BufReader::with_capacity(MAX_READ, timed)
    }
}

/// Returns at most [`MAX_READ`] bytes at a time, and fails when the time is up.
pub(super) struct TimedReader<'a, S> {
    source: BufReader<S>,
    deadline: &'a Deadline,
}

impl<S: Read> Read for TimedReader<'_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.deadline.check().ok_or(io::ErrorKind::TimedOut)?;
        let piece = into.len().min(MAX_READ);
        let available = self.source.fill_buf()?;
        let length = available.len().min(piece);
        into[..length].copy_from_slice(&available[..length]);
        self.source.consume(length);
        Ok(length)
    }
}

impl<S: Seek> Seek for TimedReader<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.source.seek(to)
    }
}
