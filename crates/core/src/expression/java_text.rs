//! Values as text, the way Java's `Objects.toString` writes them: what a Conductor definition gets when it
//! puts a value into a text.

use serde_json::{Number, Value};

/// The text of one value: `null`, `{k=1.0, l=[a, 2]}`, `1.0E10`.
pub fn of(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Appends the text of one value.
pub fn write(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::String(own) => text.push_str(own),
        Value::Number(number) => write_number(number, text),
        Value::Array(list) => {
            text.push('[');
            for (at, item) in list.iter().enumerate() {
                separate(at, text);
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(map) => {
            text.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                separate(at, text);
                text.push_str(key);
                text.push('=');
                write(item, text);
            }
            text.push('}');
        }
    }
}

fn separate(at: usize, text: &mut String) {
    if at > 0 {
        text.push_str(", ");
    }
}

fn write_number(number: &Number, text: &mut String) {
    match (number.is_f64(), number.as_f64()) {
        (true, Some(double)) => text.push_str(&double_text(double)),
        _ => text.push_str(&number.to_string()),
    }
}

/// `Double.toString`: plain between 1e-3 and 1e7, else `d.dddE±n`; always a digit after the point.
fn double_text(double: f64) -> String {
    let size = double.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let plain = double.to_string();
        return if plain.contains('.') { plain } else { format!("{plain}.0") };
    }
    let shortest = format!("{double:e}");
    let scientific = if shortest.contains('.') { shortest } else { format!("{double:.1e}") };
    scientific.replace('e', "E")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::of;

    #[test]
    fn values_are_written_as_java_writes_them() {
        let table = [
            (json!(null), "null"),
            (json!(true), "true"),
            (json!("a b"), "a b"),
            (json!(5), "5"),
            (json!(-7), "-7"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(0.0), "0.0"),
            (json!(-0.0), "-0.0"),
            (json!(1.0), "1.0"),
            (json!(1.5), "1.5"),
            (json!(100.25), "100.25"),
            (json!(0.001), "0.001"),
            (json!(0.0001), "1.0E-4"),
            (json!(0.00012), "1.2E-4"),
            (json!(9_999_999.0), "9999999.0"),
            (json!(1e7), "1.0E7"),
            (json!(1e10), "1.0E10"),
            (json!(12_345_678.9), "1.23456789E7"),
            (json!(-1.5e300), "-1.5E300"),
            (json!(1e23), "1.0E23"),
            (json!(5e-324), "4.9E-324"),
            (json!(-0.0), "-0.0"),
            (json!([]), "[]"),
            (json!({}), "{}"),
            (json!(["a", 2, null, [true]]), "[a, 2, null, [true]]"),
            (json!({"k": 1.0, "l": {"m": "x"}}), "{k=1.0, l={m=x}}"),
        ];
        for (value, expected) in table {
            assert_eq!(of(&value), expected, "{value}");
        }
    }
}
