//! The codes with which the service closes a socket: section 4 of the contract.

macro_rules! close_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $number:literal, $reason:literal, $explanation:literal;)+) => {
        /// The code of a close frame, as `docs/asyncapi.json` lists it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CloseCode {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl CloseCode {
            /// All codes, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The number in the close frame.
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)+
                }
            }

            /// The sentence beside the number; at most 123 bytes, which is all that a close frame can hold.
            pub const fn reason(self) -> &'static str {
                match self {
                    $(Self::$variant => $reason,)+
                }
            }

            /// The explanation in the documentation.
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$variant => $explanation,)+
                }
            }
        }
    };
}

close_codes! {
    /// There is no valid token, it has expired, or the account is no longer active.
    NotAuthenticated = 4401, "not authenticated, or the token has expired", "not authenticated, or the token has expired (also while the socket is open)";
    /// There is no such conversation for this user.
    ConversationNotFound = 4404, "no such conversation", "no such conversation for this user";
    /// The user has as many sockets as one user may have.
    TooManySockets = 4429, "too many open sockets", "too many sockets";
    /// The client sent too many malformed frames.
    ProtocolViolated = 1008, "too many malformed frames", "protocol violated repeatedly: 20 malformed frames within 10 seconds";
    /// A frame is longer than [`MAX_FRAME_BYTES`](crate::frame::MAX_FRAME_BYTES).
    FrameTooBig = 1009, "the frame is too big", "a frame announces more than 64 KiB";
    /// The service failed, and the client may connect again.
    Internal = 1011, "internal error", "internal error";
    /// The service is about to restart.
    Restarting = 1012, "the server is restarting, reconnect in a moment", "the server is restarting: reconnect with jitter";
    /// The client does not read fast enough.
    TooSlow = 1013, "too slow a reader, reconnect and resume",
        "too slow a reader, who took nothing for 10 seconds while something waited, or for whom more than 4 MiB wait: reconnect and ask for changes";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract_and_reasons_fit_into_a_close_frame() {
        let numbers: Vec<u16> = CloseCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [4401, 4404, 4429, 1008, 1009, 1011, 1012, 1013]);
        assert!(CloseCode::ALL.iter().all(|code| code.reason().len() <= 123));
    }
}
