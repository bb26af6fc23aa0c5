//! The one place where randomness comes from.

/// A new unguessable id (a random UUID).
#[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
pub(crate) fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// 128 random bits (122 of them random).
#[expect(clippy::disallowed_methods, reason = "this is the place that the lint points to")]
pub(crate) fn bits() -> u128 {
    uuid::Uuid::new_v4().as_u128()
}
