//! Signed links to files: the holder of a link may open the file without a token until the link expires.

use std::{fmt, sync::Arc};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use domain::{id::AttachmentId, ports::Clock, time::Timestamp};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::AuthConfig;

/// Links are signed with a key of their own, so that no other use of the secret can make one.
const PURPOSE: &[u8] = b"suhbat: links to files, version 1";

/// The part of an attachment that a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    File,
    Thumbnail,
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Thumbnail => "thumbnail",
        }
    }
}

/// The result of checking a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkState {
    /// It carries no signature.
    Unsigned,
    /// The service has not signed this.
    Wrong,
    /// The link was good, and its time is over.
    Expired,
    /// The link opens the file.
    Good,
}

/// Signs links and checks them; on every node with the same `auth.secret` the same. Clones share the key.
#[derive(Clone)]
pub(crate) struct LinkSigner(Arc<Inner>);

struct Inner {
    key: hmac::Key,
    /// Links that this key has signed are accepted too.
    previous_key: Option<hmac::Key>,
    clock: Arc<dyn Clock>,
    seconds: i64,
}

impl fmt::Debug for LinkSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkSigner")
            .field("seconds", &self.0.seconds)
            .finish_non_exhaustive()
    }
}

impl LinkSigner {
    /// Links that work for so many seconds.
    pub(crate) fn new(auth: &AuthConfig, clock: Arc<dyn Clock>, seconds: u64) -> Self {
        let key = |secret: &SecretString| {
            let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
            hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&secret, PURPOSE).as_ref())
        };
        Self(Arc::new(Inner {
            key: key(&auth.secret),
            previous_key: auth.previous_secret.as_ref().map(key),
            clock,
            seconds: i64::try_from(seconds).unwrap_or(i64::MAX),
        }))
    }

    /// The query of a link that works from now on.
    pub(super) fn sign(&self, id: AttachmentId, part: Part) -> String {
        let expires = self.0.clock.now().seconds().saturating_add(self.0.seconds);
        format!(
            "expires={expires}&signature={}",
            signature(&self.0.key, id, part, &expires.to_string())
        )
    }

    /// Does the query of a link open this? The signature is compared in constant time, and as text: there is one way only to write it.
    pub(super) fn check(&self, query: &str, id: AttachmentId, part: Part) -> LinkState {
        let value = |wanted: &str| {
            let mut pairs = url::form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value)
        };
        let Some(given) = value("signature") else {
            return LinkState::Unsigned;
        };
        let expires = value("expires").unwrap_or_default();
        let is_by = |key| verify_slices_are_equal(signature(key, id, part, &expires).as_bytes(), given.as_bytes()).is_ok();
        if !is_by(&self.0.key) && !self.0.previous_key.as_ref().is_some_and(is_by) {
            return LinkState::Wrong;
        }
        match expires.parse() {
            Ok(expires) if self.0.clock.now() < Timestamp(0).plus_seconds(expires) => LinkState::Good,
            _ => LinkState::Expired,
        }
    }
}

fn signature(key: &hmac::Key, id: AttachmentId, part: Part, expires: &str) -> String {
    let text = format!("{id} {} {expires}", part.name());
    let tag = hmac::sign(key, text.as_bytes());
    tag.as_ref().iter().fold(String::with_capacity(64), |mut hex, byte| {
        use fmt::Write as _;
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use domain::testing::fakes::FixedClock;

    use super::*;
    use crate::config::{Config, MissingSecret, Sources};

    fn signer(secret: &str) -> (LinkSigner, FixedClock) {
        let clock = FixedClock::default();
        let sources = Sources::none().with_setting("auth.secret", secret);
        let config = Config::load(&sources, MissingSecret::Refused).unwrap();
        (LinkSigner::new(&config.auth, Arc::new(clock.clone()), 3600), clock)
    }

    const SECRET: &str = "a secret that is long enough to be one";
    const FILE: AttachmentId = AttachmentId(12);

    #[test]
    fn a_link_opens_its_own_file_and_nothing_else() {
        let (signer, _) = signer(SECRET);
        let query = signer.sign(FILE, Part::File);
        assert_eq!(signer.check(&query, FILE, Part::File), LinkState::Good);
        assert_eq!(signer.check(&query, FILE, Part::Thumbnail), LinkState::Wrong);
        assert_eq!(signer.check(&query, AttachmentId(1), Part::File), LinkState::Wrong);
        assert_eq!(signer.check("", FILE, Part::File), LinkState::Unsigned);
    }

    #[test]
    fn a_link_expires_to_the_second() {
        let (signer, clock) = signer(SECRET);
        let query = signer.sign(FILE, Part::File);
        let whole = clock.now().0 % 1_000_000;
        clock.advance_micros(3_600_000_000 - whole - 1);
        assert_eq!(signer.check(&query, FILE, Part::File), LinkState::Good);
        clock.advance_micros(1);
        assert_eq!(signer.check(&query, FILE, Part::File), LinkState::Expired);
    }

    #[test]
    fn no_byte_of_a_link_can_be_changed() {
        let (signer, _) = signer(SECRET);
        let query = signer.sign(FILE, Part::File);
        for index in 0..query.len() {
            for bit in 0..7 {
                let mut bytes = query.clone().into_bytes();
                bytes[index] ^= 1 << bit;
                let changed = String::from_utf8(bytes).unwrap();
                assert_ne!(signer.check(&changed, FILE, Part::File), LinkState::Good, "{changed}");
            }
        }
        for changed in [query.to_uppercase(), format!("{query}0"), query.replace("expires=", "expires=0")] {
            assert_ne!(signer.check(&changed, FILE, Part::File), LinkState::Good, "{changed}");
        }
    }

    #[test]
    fn links_of_another_secret_are_wrong() {
        let query = signer("another secret that is long enough too").0.sign(FILE, Part::File);
        assert_eq!(signer(SECRET).0.check(&query, FILE, Part::File), LinkState::Wrong);
    }
}
