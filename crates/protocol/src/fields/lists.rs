//! Fields with several values.

use serde_json::Value;

use super::{Fields, NoInteger, integer};

impl Fields {
    /// The values of a name that may be given several times, in a query string also separated by commas. Empty ones are left out.
    pub(crate) fn any(&mut self, name: &str) -> Vec<String> {
        let Some((_, value)) = self.take(&[name]) else { return Vec::new() };
        let values = match value {
            Value::Array(values) => values,
            value => vec![value],
        };
        let texts = values.into_iter().map(|value| match value {
            Value::String(text) => text,
            value => value.to_string(),
        });
        let parts = texts.flat_map(|text| text.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>());
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// The ids under a name that may be given several times.
    pub(crate) fn any_ids(&mut self, name: &str) -> Vec<i64> {
        let ids: Result<Vec<i64>, NoInteger> = self.any(name).into_iter().map(|id| integer(&Value::String(id))).collect();
        ids.unwrap_or_else(|reason| {
            self.refuse(name, reason.sentence());
            Vec::new()
        })
    }

    /// A list of at least one id.
    pub fn ids(&mut self, names: &[&str]) -> Vec<i64> {
        let Some((name, value)) = self.take(names) else {
            self.required::<()>(names, None);
            return Vec::new();
        };
        let Value::Array(items) = value else {
            self.refuse(name, "Must be a list of ids.");
            return Vec::new();
        };
        if items.is_empty() {
            self.refuse(name, "Must not be empty.");
        }
        let read: Result<Vec<i64>, String> = items
            .iter()
            .enumerate()
            .map(|(index, item)| integer(item).map_err(|reason| format!("Item {index}: {}", reason.sentence())))
            .collect();
        read.unwrap_or_else(|reason| {
            self.refuse(name, reason);
            Vec::new()
        })
    }
}
