//! As much of JSON Schema as the schemas of traces and reports use.

use serde_json::Value;

/// Why a value does not satisfy a schema; `None` when it does.
pub(crate) fn violation(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.strip_prefix('#').unwrap()).unwrap();
        return violation(root, target, value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let reasons: Vec<_> = choices.iter().map(|choice| violation(root, choice, value)).collect();
        let fitting = reasons.iter().filter(|reason| reason.is_none()).count();
        return (fitting != 1).then(|| format!("{fitting} of the choices fit: {reasons:?}"));
    }
    for key in schema.as_object().unwrap().keys() {
        let known = [
            "type",
            "const",
            "enum",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "pattern",
            "description",
        ];
        assert!(known.contains(&key.as_str()), "this test does not know {key}");
    }
    let typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64(),
        _ => true,
    };
    let constant = schema.get("const").is_none_or(|constant| constant == value);
    let listed = schema["enum"].as_array().is_none_or(|list| list.contains(value));
    // The only pattern is that of hex with hidden bytes.
    let hex = schema.get("pattern").is_none() || value.as_str().is_some_and(is_hex);
    if !(typed && constant && listed && hex) {
        return Some(format!("{value} does not satisfy {schema}"));
    }
    let mut items = value.as_array().into_iter().flatten();
    items
        .find_map(|item| violation(root, schema.get("items")?, item))
        .or_else(|| members(root, schema, value))
}

fn members(root: &Value, schema: &Value, value: &Value) -> Option<String> {
    let object = value.as_object()?;
    let required = schema["required"].as_array().into_iter().flatten();
    if let Some(missing) =
        required.map(|name| name.as_str().unwrap()).find(|n| !object.contains_key(*n))
    {
        return Some(format!("{value} lacks {missing}"));
    }
    object.iter().find_map(|(name, member)| match schema["properties"].get(name) {
        Some(schema) => violation(root, schema, member),
        None => match &schema["additionalProperties"] {
            Value::Bool(true) => None,
            Value::Object(_) => violation(root, &schema["additionalProperties"], member),
            _ => Some(format!("{name} is not in the schema")),
        },
    })
}

fn is_hex(text: &str) -> bool {
    let digit = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c) || c == '*';
    text.len().is_multiple_of(2) && text.chars().all(digit)
}
