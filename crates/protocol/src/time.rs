//! Times as the wire shows them.

use std::borrow::Cow;

use domain::time::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type},
};

/// A point in time: RFC 3339 in UTC with microseconds and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("RFC 3339 in UTC with microseconds and `Z`."))
            .examples([serde_json::json!("2026-03-01T09:30:00.000000Z")])
            .into()
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        "Time".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_and_z_even_for_a_whole_second() {
        let text = |micros| serde_json::to_string(&Time(Timestamp(micros))).unwrap();
        assert_eq!(text(1_772_357_400_000_000), "\"2026-03-01T09:30:00.000000Z\"");
        assert_eq!(text(1_772_357_400_000_001), "\"2026-03-01T09:30:00.000001Z\"");
    }
}
