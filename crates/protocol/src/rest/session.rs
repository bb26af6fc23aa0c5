use serde::Serialize;
use utoipa::ToSchema;

/// Opens one socket without a token in its URL.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Ticket {
    /// For `?ticket=`; works once.
    pub ticket: String,
    /// Seconds until it is worthless.
    pub expires_in: u64,
}

/// What it takes to be somebody in the demo.
#[derive(Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DemoAccess {
    /// An access token.
    pub access: String,
}
