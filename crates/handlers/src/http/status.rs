//! Which statuses mean success.

use std::ops::RangeInclusive;

use serde_json::Value;

/// Statuses in ranges: `acceptedStatusCodes`, or every 2xx.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Accepted(Vec<RangeInclusive<u16>>);

impl Accepted {
    /// Reads `200`, `"200"`, `"200-299"` and `"2xx"`, alone or in a list.
    pub(super) fn read(value: Option<&Value>) -> Result<Self, String> {
        let entries = match value {
            None | Some(Value::Null) => return Ok(Self(vec![200..=299])),
            Some(Value::Array(entries)) if entries.is_empty() => return Ok(Self(vec![200..=299])),
            Some(Value::Array(entries)) => entries.as_slice(),
            Some(single) => std::slice::from_ref(single),
        };
        entries.iter().map(range).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn accepts(&self, status: u16) -> bool {
        self.0.iter().any(|range| range.contains(&status))
    }
}

fn range(entry: &Value) -> Result<RangeInclusive<u16>, String> {
    let text = match entry {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let status = |text: &str| text.trim().parse::<u16>().ok().filter(|status| (100..=599).contains(status));
    let class = |text: &str| {
        let class = text.to_ascii_lowercase().strip_suffix("xx")?.parse::<u16>().ok()?;
        (1..=5).contains(&class).then(|| class * 100..=class * 100 + 99)
    };
    let range = match text.split_once('-') {
        Some((from, to)) => status(from).zip(status(to)).map(|(from, to)| from..=to),
        None => status(&text).map(|status| status..=status).or_else(|| class(&text)),
    };
    range.filter(|range| !range.is_empty()).ok_or_else(|| {
        format!("acceptedStatusCodes: {entry} is neither a status, a range like 200-299 nor a class like 2xx")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statuses_ranges_and_classes_are_read() {
        for (value, accepted, refused) in [
            (json!(null), 204, 302),
            (json!([]), 200, 404),
            (json!([404, "409"]), 409, 200),
            (json!("200-404"), 404, 405),
            (json!(["2xx", "5XX"]), 503, 404),
        ] {
            let statuses = Accepted::read(Some(&value)).expect("statuses");
            assert!(statuses.accepts(accepted) && !statuses.accepts(refused), "{value}");
        }
        for value in [json!("ok"), json!([99]), json!(["299-200"]), json!(["7xx"]), json!({}), json!([2.5])] {
            let error = Accepted::read(Some(&value)).expect_err("nonsense");
            assert!(error.starts_with("acceptedStatusCodes: "), "{value}: {error}");
        }
    }
}
