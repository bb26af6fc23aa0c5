//! Metadata of HEIC, AVIF, MP4 and QuickTime, overwritten in place.
//!
//! These formats refer to their samples and items by offsets into the file, so nothing may move: lengths stay, and a box that is removed becomes one of type `free`. All positions are
//! found before anything is written. Audio and video samples and images are never written over, whatever the tables of the file say. A broken box ends its container, as it does for
//! players; the metadata found before it is overwritten.

use std::{
    collections::HashSet,
    io::{Read, Seek, Write},
    ops::Range,
};

use self::{
    kept::{FREE_SPACE, TOP_LEVEL, USER_DATA, UUIDS},
    patches::{Fill, Patches},
    tracks::{Defaults, Run, Track},
};
use super::{
    bmff::{BoxSpan, Result, Source},
    error::StripError,
    kind::{Format, Kind},
};

mod kept;
mod patches;
mod tags;
mod tracks;

/// Whether [`overwrite`] supports this kind.
pub fn can_overwrite(kind: &Kind) -> bool {
    matches!(kind.format, Format::Heic | Format::Avif | Format::Mp4 | Format::Mov | Format::M4a)
}

/// Overwrites the metadata of a file. Neither its length nor any byte of its audio, video and images changes.
pub fn overwrite(file: &mut (impl Read + Write + Seek)) -> Result<()> {
    let patches: Patches = Survey::of(&mut Source::open(&mut *file)?)?;
    Ok(patches.apply(file)?)
}

/// The data of a file that is kept, and the metadata that is to be overwritten.
#[derive(Default)]
struct Survey {
    patches: Patches,
    tracks: Vec<Track>,
    defaults: Defaults,
    runs: Vec<Run>,
    /// Ranges outside of all known data. They are overwritten only if all samples were located.
    unreferenced: Vec<Range<u64>>,
    /// Boxes of unknown type. They become `free` only if all samples were located.
    unknown: Vec<BoxSpan>,
    /// Whether some audio, video or image data could not be located.
    has_unlocated_media: bool,
}

impl Survey {
    fn of<S: Read + Seek>(source: &mut Source<S>) -> Result<Patches> {
        // Read all boxes
        let mut survey = Self::default();
        let mut end = 0;
        let spans = source.boxes(0..source.length())?;
        // Without one of these boxes the purpose of the bytes in the file is unknown.
        survey.has_unlocated_media = !spans.iter().any(|span| matches!(&span.name, b"moov" | b"meta"));
        for span in spans {
            end = span.content.end;
            let walked = survey.top_level_box(source, &span);
            survey.tolerate_malformed(walked)?;
        }
        // Locate the samples
        survey.unreferenced.push(end..source.length());
        survey.classify_samples(source)?;
        // Overwrite everything else, unless it may be audio, video or an image
        if !survey.has_unlocated_media {
            for range in std::mem::take(&mut survey.unreferenced) {
                survey.patches.add(range, Fill::Zeros);
            }
            for span in std::mem::take(&mut survey.unknown) {
                survey.free_box(&span);
            }
        }
        Ok(survey.patches)
    }

    /// A broken box ends its container; it is no error.
    fn tolerate_malformed(&mut self, walked: Result<()>) -> Result<()> {
        match walked {
            Err(StripError::Malformed(_)) => {
                self.has_unlocated_media = true;
                Ok(())
            }
            other => other,
        }
    }

    fn top_level_box<S: Read + Seek>(&mut self, source: &mut Source<S>, span: &BoxSpan) -> Result<()> {
        match &span.name {
            b"moov" | b"moof" => self.movie(source, span),
            name if FREE_SPACE.contains(&name) => {
                self.unreferenced.push(span.content.clone());
                Ok(())
            }
            name if TOP_LEVEL.contains(&name) || name == b"uuid" => self.metadata_box(source, span),
            _ => {
                self.unknown.push(span.clone());
                Ok(())
            }
        }
    }

    /// Reads a `moov` or `moof`.
    fn movie<S: Read + Seek>(&mut self, source: &mut Source<S>, movie: &BoxSpan) -> Result<()> {
        let parts = source.boxes(movie.content.clone())?;
        for part in &parts {
            let walked = match &part.name {
                b"trak" => self.track(source, part),
                b"mvex" => self.defaults.read(source, part),
                b"cmov" => Err(StripError::Malformed("its tables are compressed")),
                // Some dashboard cameras index their positions here.
                b"gps " => {
                    self.free_box(part);
                    Ok(())
                }
                b"traf" => {
                    let inside = source.boxes(part.content.clone())?;
                    inside.iter().try_for_each(|part| self.metadata_box(source, part))
                }
                _ => self.metadata_box(source, part),
            };
            self.tolerate_malformed(walked)?;
        }
        if movie.name == *b"moof" {
            let read = tracks::fragment_runs(source, movie, &parts, &self.defaults, &mut self.runs);
            self.tolerate_malformed(read)?;
        }
        Ok(())
    }

    fn track<S: Read + Seek>(&mut self, source: &mut Source<S>, track: &BoxSpan) -> Result<()> {
        let mut level = source.boxes(track.content.clone())?;
        // Each of these levels has one box that leads to the tables.
        for inner in [b"mdia", b"minf", b"stbl"] {
            for part in &level {
                let walked = self.metadata_box(source, part);
                self.tolerate_malformed(walked)?;
            }
            let Some(next) = level.iter().find(|part| part.name == *inner) else {
                break;
            };
            level = source.boxes(next.content.clone())?;
        }
        let track = Track::read(source, track, &mut self.patches)?;
        self.tracks.push(track);
        Ok(())
    }

    /// Cleans a box if it is one that holds metadata.
    fn metadata_box<S: Read + Seek>(&mut self, source: &mut Source<S>, span: &BoxSpan) -> Result<()> {
        match &span.name {
            b"meta" => self.has_unlocated_media |= !tags::meta(source, &mut self.patches, span)?,
            b"udta" => {
                for part in source.boxes(span.content.clone())? {
                    if USER_DATA.contains(&&part.name) {
                        self.metadata_box(source, &part)?;
                    } else {
                        self.free_box(&part);
                    }
                }
            }
            b"uuid" => {
                let name = source.read_some(span.content.clone(), 16)?;
                if !UUIDS.iter().any(|kept| kept.as_slice() == name) {
                    self.free_box(span);
                }
            }
            b"meco" => {
                for part in source.boxes(span.content.clone())? {
                    if part.name == *b"meta" {
                        self.metadata_box(source, &part)?;
                    }
                }
            }
            b"free" | b"skip" => self.patches.add(span.content.clone(), Fill::Zeros),
            _ => {}
        }
        Ok(())
    }

    /// Replaces a box by free space.
    fn free_box(&mut self, span: &BoxSpan) {
        self.patches.add_bytes(span.start + 4, b"free");
        self.patches.add(span.content.clone(), Fill::Zeros);
    }

    /// Locates all samples: those of audio and video are kept, those of timed metadata are overwritten.
    fn classify_samples<S: Read + Seek>(&mut self, source: &mut Source<S>) -> Result<()> {
        let mut metadata_tracks = HashSet::new();
        for track in std::mem::take(&mut self.tracks) {
            let samples = match track.samples(source) {
                Ok(samples) => samples,
                Err(StripError::Malformed(_)) => {
                    self.has_unlocated_media |= !track.is_timed_metadata;
                    Vec::new()
                }
                Err(error) => return Err(error),
            };
            if track.is_timed_metadata {
                self.free_box(&track.span);
                metadata_tracks.insert(track.id);
                self.unreferenced.extend(samples);
            } else {
                for range in samples {
                    self.patches.keep(range);
                }
            }
        }
        for Run { track, range } in std::mem::take(&mut self.runs) {
            if metadata_tracks.contains(&track) {
                self.unreferenced.push(range);
            } else {
                self.patches.keep(range);
            }
        }
        Ok(())
    }
}
