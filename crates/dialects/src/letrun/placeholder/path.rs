//! Paths as they are written: names and positions behind a name.

use super::native::{Step, key};
use super::scan::unquoted;

/// The steps behind the name of a path; `None` if there is something else.
pub(crate) fn steps(mut rest: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let (step, after) = match rest.strip_prefix('[') {
            Some(inner) => bracketed(inner)?,
            None => {
                let name = rest.strip_prefix('.')?;
                let end = name.find(['.', '[']).unwrap_or(name.len());
                let (name, after) = name.split_at(end);
                let step = match name {
                    "" => return None,
                    "*" => Step::All,
                    name if name.contains(['(', ')', '?', '|', '&', '\'', '"', '`']) => return None,
                    name => key(name),
                };
                (step, after)
            }
        };
        steps.push(step);
        rest = after;
    }
    Some(steps)
}

/// What stands in brackets, and what comes behind them.
pub(crate) fn bracketed(inner: &str) -> Option<(Step, &str)> {
    if let Some(quote @ ('\'' | '"')) = inner.chars().next() {
        let mut is_escaped = false;
        let end = inner.char_indices().skip(1).find(|(_, c)| {
            let ends = *c == quote && !is_escaped;
            is_escaped = *c == '\\' && !is_escaped;
            ends
        })?;
        let name = unquoted(&inner[..=end.0], quote)?;
        return Some((key(name), inner[end.0 + 1..].strip_prefix(']')?));
    }
    let (index, after) = inner.split_once(']')?;
    let step = match index.trim() {
        "*" => Step::All,
        index => Step::Index(index.parse().ok()?),
    };
    Some((step, after))
}
