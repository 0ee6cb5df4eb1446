//! JSON that is carried, not looked at: shared, immutable, parsed only where an expression reads it.

use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// One JSON text, cheap to clone.
#[derive(Clone)]
pub struct Json(Arc<RawValue>);

static EMPTY_OBJECT: LazyLock<Json> = LazyLock::new(|| Json::of(&Value::Object(Map::new())));

impl Json {
    /// `{}`.
    pub fn empty_object() -> Self {
        EMPTY_OBJECT.clone()
    }

    /// Writes a value as JSON text.
    pub fn of(value: &Value) -> Self {
        // A `Value` always serialises: its keys are strings and its numbers are finite.
        serde_json::value::to_raw_value(value).map_or_else(|_| Self::null(), |raw| Self(raw.into()))
    }

    fn null() -> Self {
        Self(RawValue::NULL.to_owned().into())
    }

    /// Checks and takes a JSON text.
    pub fn parse(text: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(text).map(|raw| Self(raw.into()))
    }

    /// The JSON text.
    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Reads the text. `null` where it nests deeper than the parser allows, which intake refuses.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or(Value::Null)
    }

    /// Reads the text as an object; anything else reads as the empty object.
    pub fn object(&self) -> Map<String, Value> {
        serde_json::from_str(self.text()).unwrap_or_default()
    }

    /// Whether objects and lists nest deeper than so many levels. Readers give up at 128, and whatever is written
    /// around a value adds to its own levels.
    pub fn nests_deeper_than(&self, levels: usize) -> bool {
        let mut depth = 0;
        let mut in_text = false;
        let mut is_escaped = false;
        for byte in self.text().bytes() {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' if in_text => is_escaped = true,
                b'"' => in_text = !in_text,
                _ if in_text => {}
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            if depth > levels {
                return true;
            }
        }
        false
    }

    /// True for `{}` (an empty output adds nothing to a join).
    pub fn is_empty_object(&self) -> bool {
        let text = self.text().trim();
        text.strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .is_some_and(|inner| inner.trim().is_empty())
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::empty_object()
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.text() == other.text()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self(raw.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_is_counted_outside_of_texts() {
        for (text, deeper_than_two) in [
            ("1", false),
            (r#"{"a":[1,2],"b":{"c":"[[[["}}"#, false),
            (r#"{"a":["\"[[[",{}]}"#, true),
            ("[[[]]]", true),
            ("[[],[],[]]", false),
        ] {
            let json = Json::parse(text.to_owned()).expect("JSON");
            assert_eq!(json.nests_deeper_than(2), deeper_than_two, "{text}");
        }
    }
}
