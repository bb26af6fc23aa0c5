use domain::settings::{self, PersonSettingsView};
use serde::Serialize;
use utoipa::ToSchema;

/// The settings of the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonSettings {
    /// The language that the caller has chosen here; null for `default_language`.
    #[schema(required, value_type = Option<crate::names::Language>)]
    pub language: Option<&'static str>,
    /// The language that the platform has for the caller; null where it has none of these.
    #[schema(required, value_type = Option<crate::names::Language>)]
    pub default_language: Option<&'static str>,
}

impl From<&PersonSettingsView> for PersonSettings {
    fn from(view: &PersonSettingsView) -> Self {
        Self {
            language: view.settings.language.map(settings::Language::as_str),
            default_language: view.platform_language.map(settings::Language::as_str),
        }
    }
}

/// The settings of a confession. There are none yet; what a later version has stored is kept, and not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[expect(clippy::empty_structs_with_brackets, reason = "an object on the wire")]
pub struct ConfessionSettings {}

impl From<&settings::ConfessionSettings> for ConfessionSettings {
    fn from(_: &settings::ConfessionSettings) -> Self {
        Self {}
    }
}
