//! From template and environment to JSON.

use std::collections::HashSet;

use serde_json::Value;

use super::compile::{TASK_ID, is_below_secrets, is_secret};
use super::path::{Segment, root_name};
use super::query::{self, Path};
use super::{Environment, Part, Reference, Template, Unresolved, choice, java_text};

impl Template {
    /// The value that the template stands for in `env`.
    ///
    /// # Errors
    /// In the strict style, the first expression that finds nothing; never in another.
    pub fn render(&self, env: &dyn Environment) -> Result<Value, Unresolved> {
        match self {
            Self::Static(value) => Ok(value.clone()),
            Self::Whole(reference) => reference.value(env).map_err(unresolved),
            Self::Text(parts) => text_of(parts, env).map(Value::String).map_err(unresolved),
            Self::List(items) => (0..)
                .zip(items)
                .map(|(at, item)| item.render(env).map_err(|error| error.below(&Segment::Index(at))))
                .collect(),
            Self::Object(entries) => {
                let entries = entries.iter().map(|(key, item)| match item.render(env) {
                    Ok(value) => Ok((key.clone(), value)),
                    Err(error) => Err(error.below(&Segment::Key(key.clone()))),
                });
                entries.collect::<Result<_, _>>().map(Value::Object)
            }
        }
    }

    /// The same, without the entries of an object in which something is missing.
    pub fn render_found(&self, env: &dyn Environment) -> Value {
        match self {
            Self::Object(entries) => {
                let found =
                    entries.iter().filter_map(|(key, item)| Some((key.clone(), item.render(env).ok()?)));
                Value::Object(found.collect())
            }
            other => other.render(env).unwrap_or_default(),
        }
    }

    /// What is written at a path of keys, if it is no expression.
    pub fn literal(&self, path: &[&str]) -> Option<&Value> {
        match (self, path) {
            (Self::Static(value), path) => path.iter().try_fold(value, |value, key| value.get(key)),
            (Self::Object(entries), [first, rest @ ..]) => {
                entries.iter().find(|(key, _)| key == first)?.1.literal(rest)
            }
            _ => None,
        }
    }

    /// The root names that the template's expressions begin with, each once, in order of appearance. A root
    /// that is itself computed is not among them.
    pub fn references(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.collect_references(&mut found);
        let mut seen = HashSet::new();
        found.retain(|root| seen.insert(*root));
        found
    }

    fn collect_references<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Static(_) => {}
            Self::Whole(reference) => reference.collect(found),
            Self::Text(parts) => collect_parts(parts, found),
            Self::List(items) => items.iter().for_each(|item| item.collect_references(found)),
            Self::Object(entries) => entries.iter().for_each(|(_, item)| item.collect_references(found)),
        }
    }
}

impl Reference {
    /// What it stands for; a choice that must find something and does not is told as it is written.
    fn value(&self, env: &dyn Environment) -> Result<Value, String> {
        Ok(match self {
            Self::Blank => Value::String(String::new()),
            Self::TaskId => task_id(env),
            Self::Secret(written) => Value::String(written.clone()),
            Self::Path(path) => env.resolve(path).unwrap_or(Value::Null),
            Self::Query(query) => query.value(env),
            Self::Nested { parts, .. } => computed(&text_of(parts, env)?, env),
            Self::Choice(choice) => choice.value(env)?,
        })
    }

    fn collect<'a>(&'a self, found: &mut Vec<&'a str>) {
        let root = match self {
            Self::Path(path) => root_name(path),
            Self::Query(query) => root_name(query.prefix()),
            Self::Nested { root, .. } => root.as_deref(),
            Self::Choice(choice) => return found.extend(choice.roots()),
            Self::Blank | Self::TaskId | Self::Secret(_) => None,
        };
        found.extend(root);
        if let Self::Nested { parts, .. } = self {
            collect_parts(parts, found);
        }
    }
}

/// The id of the attempt; without one the expression stays as it is.
fn task_id(env: &dyn Environment) -> Value {
    Value::String(env.task_id().unwrap_or_else(|| format!("${{{TASK_ID}}}")))
}

/// The value of an expression whose path was computed; a path outside the grammar gives `null`.
fn computed(path: &str, env: &dyn Environment) -> Value {
    if path.trim().is_empty() {
        return Value::String(String::new());
    }
    if path.trim() == TASK_ID {
        return task_id(env);
    }
    if names_secret(path) {
        return Value::String(format!("${{{path}}}"));
    }
    match query::parse(path) {
        Ok(Path::Plain(segments)) => env.resolve(&segments).unwrap_or(Value::Null),
        Ok(Path::Query(query)) => query.value(env),
        Err(_) => Value::Null,
    }
}

/// True for a computed path below `workflow.secrets`.
pub(super) fn names_secret(path: &str) -> bool {
    is_secret(path) || query::parse(path).is_ok_and(|found| is_below_secrets(found.prefix()))
}

pub(super) fn text_of(parts: &[Part], env: &dyn Environment) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text.push_str(literal),
            Part::Reference(Reference::Choice(choice)) => choice::write(&choice.value(env)?, &mut text),
            Part::Reference(reference) => java_text::write(&reference.value(env)?, &mut text),
        }
    }
    Ok(text)
}

fn unresolved(placeholder: String) -> Unresolved {
    Unresolved { field: String::new(), placeholder }
}

fn collect_parts<'a>(parts: &'a [Part], found: &mut Vec<&'a str>) {
    for part in parts {
        if let Part::Reference(reference) = part {
            reference.collect(found);
        }
    }
}
