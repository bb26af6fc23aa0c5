//! Reading objects in pieces.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use bytes::Bytes;
use domain::ports::{BlobError, BlobStream};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{GetResult, GetResultPayload};

use super::failed;

/// Bytes of a file that are read at once. Each piece costs a hop to the blocking pool, and stays in memory until a slow client takes it.
const PIECE: u64 = 128 * 1024;

/// The bytes of the requested range. (The library's own stream of a file hops to the blocking pool for each 8 KiB.)
pub(super) fn stream(found: GetResult) -> BlobStream {
    match found.payload {
        GetResultPayload::File(file, _) => pieces(file, found.range),
        GetResultPayload::Stream(stream) => stream.map_err(failed("read")).boxed(),
    }
}

/// The bytes of a range of a file.
pub(super) fn pieces(file: File, range: Range<u64>) -> BlobStream {
    let unfold = stream::try_unfold((file, range), |(file, Range { start, end })| async move {
        if start >= end {
            return Ok(None);
        }
        let until = end.min(start + PIECE);
        let read = tokio::task::spawn_blocking(move || piece(file, start..until)).await;
        let (file, bytes) = match read {
            Ok(read) => read.map_err(|error| BlobError(Box::new(error)))?,
            Err(error) => return Err(BlobError(Box::new(error))),
        };
        Ok(Some((bytes, (file, until..end))))
    });
    unfold.boxed()
}

fn piece(mut file: File, Range { start, end }: Range<u64>) -> io::Result<(File, Bytes)> {
    let length = usize::try_from(end - start).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut bytes)?;
    Ok((file, bytes.into()))
}
