//! Follows the frames of a WebSocket by their headers (RFC 6455, section 5.2), without keeping any of their bytes.
//!
//! The library's parser reserves memory for the length that a header announces and keeps every byte until the frame is complete; it compares that
//! length with the limit only then. So the limits are checked here, in front of it.

use protocol::frame::MAX_FRAME_BYTES;

/// The longest payload of a control frame (RFC 6455, section 5.5).
const MAX_CONTROL_BYTES: u64 = 125;
/// The most frames from the first fragment of a message to its last, the control frames between them included. Clients that fragment at all send
/// fragments of some KiB; each fragment costs memory beyond its bytes until the message is complete.
pub(super) const MAX_FRAMES_OF_A_MESSAGE: u32 = 1024;

/// The opcode of a close frame.
const CLOSE: u8 = 0x8;

/// Why a frame is refused as soon as its header shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The frame, or the fragments of its message together, are longer than [`MAX_FRAME_BYTES`].
    TooBig,
    /// A client must not send such a frame.
    Protocol,
}

/// The position at which [`Frames::follow`] stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// All bytes are followed, and the last frame is not complete.
    Within,
    /// At the end of a frame.
    Complete {
        /// It was a close frame.
        is_close: bool,
    },
    /// Before the byte that gives the reason.
    Refused(Refusal),
}

/// The position in the stream of frames that a client sends.
#[derive(Debug)]
pub(super) struct Frames {
    position: Position,
    /// The frame that [`Frames::position`] is in.
    first: FirstByte,
    /// The message of which more fragments are to come.
    message: Option<Fragments>,
    checks: bool,
}

#[derive(Clone, Copy, Debug)]
enum Position {
    FirstByte,
    SecondByte,
    ExtendedLength { is_masked: bool, left: u8, length: u64 },
    MaskingKey { left: u8, length: u64 },
    Payload { left: u64 },
}

/// The first byte of a header.
#[derive(Clone, Copy, Debug, Default)]
struct FirstByte(u8);

impl FirstByte {
    const fn is_final(self) -> bool {
        self.0 & 0x80 != 0
    }

    const fn has_reserved_bits(self) -> bool {
        self.0 & 0x70 != 0
    }

    const fn opcode(self) -> u8 {
        self.0 & 0x0F
    }

    const fn is_control(self) -> bool {
        self.opcode() >= CLOSE
    }
}

/// The sum of the frames of a fragmented message so far.
#[derive(Clone, Copy, Debug)]
struct Fragments {
    bytes: u64,
    frames: u32,
}

impl Frames {
    /// At the beginning of a stream.
    pub(super) const fn new() -> Self {
        Self {
            position: Position::FirstByte,
            first: FirstByte(0),
            message: None,
            checks: true,
        }
    }

    /// From here on refuses nothing, and only finds the ends of frames.
    pub(super) const fn stop_checking(&mut self) {
        self.checks = false;
    }

    /// Follows these bytes, no further than to the end of the current frame; how many bytes that were.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> (usize, Stop) {
        let mut at = 0;
        loop {
            if let Position::Payload { left } = self.position {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += here;
                let left = left - here as u64;
                if left > 0 {
                    self.position = Position::Payload { left };
                    return (at, Stop::Within);
                }
                self.position = Position::FirstByte;
                let is_close = self.first.opcode() == CLOSE;
                return (at, Stop::Complete { is_close });
            }
            let Some(byte) = bytes.get(at) else {
                return (at, Stop::Within);
            };
            if let Err(refusal) = self.header_byte(*byte) {
                return (at, Stop::Refused(refusal));
            }
            at += 1;
        }
    }

    fn header_byte(&mut self, byte: u8) -> Result<(), Refusal> {
        match self.position {
            Position::FirstByte => {
                let first = FirstByte(byte);
                self.check(|frames| frames.may_begin(first), Refusal::Protocol)?;
                self.first = first;
                self.position = Position::SecondByte;
            }
            Position::SecondByte => {
                let (is_masked, length) = (byte & 0x80 != 0, u64::from(byte & 0x7F));
                let is_control = self.first.is_control();
                self.check(|_| is_masked && !(is_control && length > MAX_CONTROL_BYTES), Refusal::Protocol)?;
                match length {
                    126 | 127 => {
                        let left = if length == 126 { 2 } else { 8 };
                        self.position = Position::ExtendedLength {
                            is_masked,
                            left,
                            length: 0,
                        };
                    }
                    _ => self.announced(is_masked, length)?,
                }
            }
            Position::ExtendedLength { is_masked, left, length } => {
                let length = (length << 8) | u64::from(byte);
                if left > 1 {
                    let left = left - 1;
                    self.position = Position::ExtendedLength { is_masked, left, length };
                } else {
                    self.announced(is_masked, length)?;
                }
            }
            Position::MaskingKey { left, length } if left > 1 => self.position = Position::MaskingKey { left: left - 1, length },
            Position::MaskingKey { length, .. } => self.position = Position::Payload { left: length },
            Position::Payload { .. } => {}
        }
        Ok(())
    }

    fn check(&self, holds: impl FnOnce(&Self) -> bool, refusal: Refusal) -> Result<(), Refusal> {
        if self.checks && !holds(self) { Err(refusal) } else { Ok(()) }
    }

    /// May a frame begin with this byte here?
    fn may_begin(&self, first: FirstByte) -> bool {
        if first.has_reserved_bits() || self.message.is_some_and(|message| message.frames >= MAX_FRAMES_OF_A_MESSAGE) {
            return false;
        }
        match first.opcode() {
            0x0 => self.message.is_some(),
            0x1 | 0x2 => self.message.is_none(),
            0x8..=0xA => first.is_final(),
            _ => false,
        }
    }

    /// The header with the length of the payload is complete.
    fn announced(&mut self, is_masked: bool, length: u64) -> Result<(), Refusal> {
        let before = self.message.unwrap_or(Fragments { bytes: 0, frames: 0 });
        let is_control = self.first.is_control();
        let bytes = if is_control {
            before.bytes
        } else {
            before.bytes.saturating_add(length)
        };
        self.check(|_| bytes <= MAX_FRAME_BYTES as u64, Refusal::TooBig)?;
        let goes_on = if is_control {
            self.message.is_some()
        } else {
            !self.first.is_final()
        };
        self.message = goes_on.then_some(Fragments {
            bytes,
            frames: before.frames.saturating_add(1),
        });
        self.position = if is_masked {
            Position::MaskingKey { left: 4, length }
        } else {
            Position::Payload { left: length }
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: u8 = 0x81;
    const BINARY: u8 = 0x82;
    const PING: u8 = 0x89;

    /// A masked frame, its length in the shortest form.
    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = header(first, length as u64);
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(std::iter::repeat_n(b'x', length));
        bytes
    }

    /// A header up to its masking key.
    fn header(first: u8, length: u64) -> Vec<u8> {
        let mut bytes = vec![first];
        match length {
            0..126 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..0x1_0000 => {
                bytes.push(0xFE);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0xFF);
                bytes.extend(length.to_be_bytes());
            }
        }
        bytes
    }

    /// The number of complete frames in these bytes, the number of bytes that were followed, and why the rest was refused.
    fn followed(frames: &mut Frames, mut bytes: &[u8]) -> (usize, usize, Option<Refusal>) {
        let (mut complete, mut passed) = (0, 0);
        loop {
            let (taken, stop) = frames.follow(bytes);
            passed += taken;
            bytes = &bytes[taken..];
            match stop {
                Stop::Complete { .. } => complete += 1,
                Stop::Within => {
                    assert!(bytes.is_empty());
                    return (complete, passed, None);
                }
                Stop::Refused(refusal) => return (complete, passed, Some(refusal)),
            }
        }
    }

    fn refused(bytes: &[u8]) -> (usize, Option<Refusal>) {
        let (_, passed, refusal) = followed(&mut Frames::new(), bytes);
        (passed, refusal)
    }

    #[test]
    fn every_form_of_a_length_is_followed_wherever_it_is_cut() {
        let lengths = [0, 1, 125, 126, 127, 255, 256, 65_535, 65_536];
        for length in lengths {
            let bytes = frame(BINARY, length);
            for cut in (0..bytes.len().min(20)).chain([bytes.len() - 1]) {
                let mut frames = Frames::new();
                let (before, after) = bytes.split_at(cut);
                assert_eq!(followed(&mut frames, before), (0, cut, None), "{length} cut at {cut}");
                assert_eq!(followed(&mut frames, after), (1, after.len(), None), "{length} cut at {cut}");
            }
        }
        // The same length may be written in a longer form.
        let mut long = vec![TEXT, 0xFF];
        long.extend(5_u64.to_be_bytes());
        long.extend(b"mask12345");
        assert_eq!(followed(&mut Frames::new(), &long), (1, long.len(), None));
    }

    #[test]
    fn a_length_above_the_limit_is_refused_at_the_last_byte_that_tells_it() {
        for length in [65_537, 1 << 20, 1 << 40, u64::MAX] {
            let bytes = header(BINARY, length);
            for cut in 0..bytes.len() {
                let mut frames = Frames::new();
                let (before, after) = bytes.split_at(cut);
                assert_eq!(followed(&mut frames, before), (0, cut, None));
                assert_eq!(
                    followed(&mut frames, after),
                    (0, after.len() - 1, Some(Refusal::TooBig)),
                    "{length} cut at {cut}"
                );
            }
        }
    }

    #[test]
    fn fragments_are_summed_up() {
        let half = MAX_FRAME_BYTES / 2;
        let fits = [frame(0x01, half), frame(PING, 10), frame(0x00, half), frame(0x80, 0)].concat();
        assert_eq!(
            followed(&mut Frames::new(), &[fits.clone(), fits].concat()),
            (8, 2 * (65_546 + 6 + 8 + 6 + 8), None)
        );
        let mut frames = Frames::new();
        followed(&mut frames, &[frame(0x01, half), frame(0x00, half)].concat());
        assert_eq!(followed(&mut frames, &frame(0x80, 1)), (0, 1, Some(Refusal::TooBig)));
    }

    #[test]
    fn a_message_has_so_many_fragments_and_no_more() {
        for filler in [frame(0x00, 0), frame(PING, 0)] {
            let mut frames = Frames::new();
            followed(&mut frames, &frame(0x01, 0));
            for _ in 1..MAX_FRAMES_OF_A_MESSAGE {
                assert_eq!(followed(&mut frames, &filler), (1, filler.len(), None));
            }
            assert_eq!(followed(&mut frames, &frame(0x80, 0)), (0, 0, Some(Refusal::Protocol)));
        }
    }

    #[test]
    fn frames_that_no_client_may_send_are_refused_at_the_byte_that_shows_it() {
        let table: [(&[u8], usize); 14] = [
            (&[0x09, 0x80], 0), // a fragmented ping
            (&[0x08, 0x80], 0), // a fragmented close
            (&[0x0A, 0x80], 0), // a fragmented pong
            (&[0x89, 0xFE], 1), // a ping of more than 125 bytes
            (&[0x88, 0xFF], 1), // a close of more than 125 bytes
            (&[0x81, 0x05], 1), // unmasked
            (&[0xC1, 0x85], 0), // reserved bits
            (&[0xA1, 0x85], 0),
            (&[0x91, 0x85], 0),
            (&[0x83, 0x85], 0), // reserved opcodes
            (&[0x87, 0x85], 0),
            (&[0x8B, 0x85], 0),
            (&[0x8F, 0x85], 0),
            (&[0x80, 0x85], 0), // a fragment of no message
        ];
        for (bytes, passed) in table {
            assert_eq!(refused(bytes), (passed, Some(Refusal::Protocol)), "{bytes:02x?}");
        }
        let within = [frame(0x01, 3), frame(TEXT, 3)].concat();
        assert_eq!(refused(&within), (9, Some(Refusal::Protocol)), "a message within another");
    }

    #[test]
    fn a_stream_that_is_no_longer_checked_still_shows_its_close_frame() {
        let mut frames = Frames::new();
        let beginning = [frame(0x01, 3), header(0x00, 70_000)].concat();
        let (_, passed, refusal) = followed(&mut frames, &beginning);
        assert_eq!(refusal, Some(Refusal::TooBig));
        frames.stop_checking();
        let mut rest = beginning[passed..].to_vec();
        rest.extend(vec![0; 4 + 70_000]);
        rest.extend([0xF3, 0x02, 0, 0]);
        assert_eq!(followed(&mut frames, &rest), (2, rest.len(), None));
        let close = frame(0x88, 2);
        assert_eq!(frames.follow(&close), (close.len(), Stop::Complete { is_close: true }));
    }

    /// A message in fragments, with control frames between them.
    fn message() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let control = (0x88_u8..=0x8A, 0..=125_usize);
        let fragment = (0..5_000_usize, prop::option::weighted(0.3, control));
        (1_u8..=2, prop::collection::vec(fragment, 1..6)).prop_map(|(opcode, fragments)| {
            let last = fragments.len() - 1;
            let mut frames = Vec::new();
            for (number, (length, control)) in fragments.into_iter().enumerate() {
                let opcode = if number == 0 { opcode } else { 0 };
                frames.push(frame(if number == last { 0x80 } else { 0 } | opcode, length));
                frames.extend(control.map(|(first, length)| frame(first, length)));
            }
            frames
        })
    }

    proptest! {
        #[test]
        fn well_formed_streams_are_parsed_in_chunks_of_any_size(
            messages in prop::collection::vec(message(), 0..8),
            chunks in prop::collection::vec(1..3_000_usize, 1..50),
        ) {
            let frames: Vec<Vec<u8>> = messages.into_iter().flatten().collect();
            let bytes = frames.concat();
            let (mut following, mut complete, mut rest) = (Frames::new(), 0, &bytes[..]);
            for chunk in chunks.into_iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (now, later) = rest.split_at(chunk.min(rest.len()));
                let (here, passed, refusal) = followed(&mut following, now);
                prop_assert_eq!((passed, refusal), (now.len(), None));
                complete += here;
                rest = later;
            }
            prop_assert_eq!(complete, frames.len());
        }

        #[test]
        fn any_input_is_parsed_alike_whole_and_byte_by_byte(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let whole = followed(&mut Frames::new(), &bytes);
            let (mut frames, mut single) = (Frames::new(), (0, 0, None));
            for byte in &bytes {
                let (complete, passed, refusal) = followed(&mut frames, &[*byte]);
                single = (single.0 + complete, single.1 + passed, refusal);
                if refusal.is_some() {
                    break;
                }
            }
            prop_assert_eq!(whole, single);
        }
    }
}
