//! Where the values of a JSON text stand, by path. Built only once something is known to be wrong, so it may
//! take its time; tolerant, since the text may be broken.

use std::ops::Range;

/// A value with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Path from the top, such as `tasks[0].name`.
    pub(crate) path: String,
    /// The bytes of the value; of an unfinished one those that are there.
    pub(crate) span: Range<usize>,
}

/// All values of a text, outer ones before inner ones.
#[derive(Debug, Default)]
pub(crate) struct Outline(pub(crate) Vec<Place>);

struct Open {
    /// Index of the container among the places.
    place: usize,
    /// Elements so far; absent in objects.
    count: Option<usize>,
    /// The member that is being read.
    key: Option<String>,
}

impl Outline {
    /// Looks at a text up to a byte.
    pub(crate) fn of_json(text: &str, until: usize) -> Self {
        let bytes = text.as_bytes();
        let mut outline = Self::default();
        let mut open: Vec<Open> = Vec::new();
        let mut at = 0;
        while at < bytes.len() && (at < until || open.is_empty()) {
            let byte = bytes[at];
            match byte {
                b'{' | b'[' => {
                    let place = outline.add(&open, at..bytes.len());
                    let count = (byte == b'[').then_some(0);
                    open.push(Open { place, count, key: None });
                    at += 1;
                }
                b'}' | b']' => {
                    if let Some(closed) = open.pop() {
                        outline.0[closed.place].span.end = at + 1;
                    }
                    at += 1;
                }
                b',' => {
                    if let Some(inner) = open.last_mut() {
                        inner.key = None;
                        inner.count = inner.count.map(|count| count + 1);
                    }
                    at += 1;
                }
                b'"' => {
                    let end = string_end(bytes, at);
                    match open.last_mut() {
                        Some(inner) if inner.count.is_none() && inner.key.is_none() => {
                            let raw = &text[at..end];
                            inner.key = Some(
                                serde_json::from_str(raw)
                                    .unwrap_or_else(|_| raw.trim_matches('"').to_owned()),
                            );
                        }
                        _ => drop(outline.add(&open, at..end)),
                    }
                    at = end;
                }
                byte if byte.is_ascii_whitespace() || byte == b':' => at += 1,
                _ => {
                    let length = bytes[at..].iter().position(|byte| b",]}: \t\r\n\"".contains(byte));
                    let end = length.map_or(bytes.len(), |length| at + length.max(1));
                    outline.add(&open, at..end);
                    at = end;
                }
            }
        }
        outline
    }

    fn add(&mut self, open: &[Open], span: Range<usize>) -> usize {
        let path = match open.last() {
            None => String::new(),
            Some(inner) => {
                let above = &self.0[inner.place].path;
                match (&inner.count, &inner.key) {
                    (Some(count), _) => format!("{above}[{count}]"),
                    (None, Some(key)) => join(above, key),
                    (None, None) => above.clone(),
                }
            }
        };
        self.0.push(Place { path, span });
        self.0.len() - 1
    }

    /// The value that ends right before a byte, else the one that begins there.
    pub(crate) fn at(&self, at: usize) -> Option<&Place> {
        let ends = self.0.iter().rev().find(|place| place.span.end == at);
        ends.or_else(|| self.0.iter().find(|place| place.span.start == at))
    }

    /// The last value that begins at or before a byte and does not end before it; where that is between values, the last that began.
    pub(crate) fn innermost(&self, at: usize) -> Option<&Place> {
        let mut began = self.0.iter().filter(|place| place.span.start <= at);
        began
            .clone()
            .filter(|place| place.span.end > at)
            .max_by_key(|place| place.span.start)
            .or_else(|| began.next_back())
    }

    /// The value of a path, or the nearest one around it.
    pub(crate) fn nearest(&self, path: &str) -> Option<&Place> {
        let mut wanted = plain(path);
        loop {
            if let Some(place) = self.0.iter().find(|place| plain(&place.path) == wanted) {
                return Some(place);
            }
            wanted.truncate(wanted.rfind(['.', '[']).unwrap_or(0));
            if wanted.is_empty() {
                return self.0.first();
            }
        }
    }

    /// Path of the innermost value around a byte.
    pub(crate) fn path_at(&self, at: usize) -> String {
        self.innermost(at).map(|place| place.path.clone()).unwrap_or_default()
    }
}

/// Path of a member: `above.key`, or `above['key']` where the key is no plain word.
pub(crate) fn join(above: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    match (plain, above.is_empty()) {
        (true, true) => key.to_owned(),
        (true, false) => format!("{above}.{key}"),
        (false, _) => format!("{above}['{key}']"),
    }
}

/// A path with one spelling of members.
fn plain(path: &str) -> String {
    path.replace("['", ".").replace("']", "")
}

/// The byte behind a string that begins at `start`.
pub(crate) fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}
