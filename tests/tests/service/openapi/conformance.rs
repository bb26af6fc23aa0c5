//! Whether a JSON value has the shape that a schema of the document describes.

use serde_json::Value;

pub(super) fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => resolved(
            document,
            document
                .pointer(reference.trim_start_matches('#'))
                .expect("a reference that leads somewhere"),
        ),
        None => schema,
    }
}

/// The part of JSON Schema that distinguishes right shapes from wrong ones: types, required fields, fields not named, alternatives.
pub(super) fn conforms(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Err(fault) = fits(document, schema, value, at) {
        panic!("{fault}");
    }
}

fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolved(document, schema);
    if let Some(alternatives) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let faults: Vec<String> = alternatives
            .iter()
            .filter_map(|schema| fits(document, schema, value, at).err())
            .collect();
        return if faults.len() < alternatives.len() {
            Ok(())
        } else {
            Err(faults.join("; "))
        };
    }
    if schema["allOf"].is_array() {
        return Ok(());
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => vec![kind],
    };
    if !types.contains(&kind) {
        return Err(format!("{at}: {kind} is not {types:?}"));
    }
    if let Some(names) = schema["enum"].as_array()
        && !names.contains(value)
    {
        return Err(format!("{at}: {value} is none of {names:?}"));
    }
    if let Value::Array(items) = value {
        return items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| fits(document, &schema["items"], item, &format!("{at}[{index}]")));
    }
    let Value::Object(fields) = value else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            return Err(format!("{at}: {name} is required and missing"));
        }
    }
    for (name, field) in fields {
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(schema), _) => fits(document, schema, field, &format!("{at}.{name}"))?,
            (None, Value::Null | Value::Bool(false)) => return Err(format!("{at}: {name} is not in the shape")),
            (None, _) => {}
        }
    }
    Ok(())
}
