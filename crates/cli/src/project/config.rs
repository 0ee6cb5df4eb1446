//! Configuration: files of the project, then the environment, then defaults; the first that has a key decides.
//!
//! A key such as `task.dir` is found as a property of that name, as nested objects, in upper case, in camel case and
//! in snake case; in the environment also as `TASK_DIR`, which a shell can set.

use std::fmt;
use std::path::Path;

use segue_dialects::Document;
use serde_json::{Map, Value};

use super::FILES;
use crate::error::{Error, Result};
use crate::input;

/// What a key is if nobody says so.
const DEFAULTS: &[(&str, &str)] = &[
    ("interpolator.maxRecursionLevel", "10"),
    ("logger.level", "info"),
    ("persistence.dir", "data"),
    ("plugin.dir", "plugins"),
    ("retry.default.backoffRate", "1.5"),
    ("retry.default.retryCount", "3"),
    ("retry.default.retryDelaySeconds", "3"),
    ("retry.default.retryStrategy", "fixed"),
    ("script-engine.python.pythonPath", "python3"),
    ("task.dir", "tasks"),
];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A file of the project.
    File(String),
    /// A variable of the environment.
    Environment(String),
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(name) => f.write_str(name),
            Self::Environment(name) => write!(f, "${name}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The configuration of a project.
#[derive(Debug, Clone, Default)]
pub(crate) struct Config {
    /// By file, what counts more first.
    files: Vec<(String, Map<String, Value>)>,
}

impl Config {
    /// Reads the files that are there.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for name in FILES {
            let path = root.join(name);
            if !path.is_file() {
                continue;
            }
            let text = input::file(&path)?;
            let shown = path.display().to_string();
            let document = Document::new(&text).in_file(&shown);
            let read: Map<String, Value> =
                document.read().map_err(|diagnostic| Error::usage(input::told(&document, &diagnostic)))?;
            files.push((name.to_owned(), read));
        }
        Ok(Self { files })
    }

    /// The value of a key and where it comes from.
    pub(crate) fn get(&self, key: &str) -> Option<(Value, Origin)> {
        let in_file = |(name, map): &(String, Map<String, Value>)| {
            find(map, key).map(|value| (value.clone(), Origin::File(name.clone())))
        };
        let in_environment = || {
            variables(key).into_iter().find_map(|name| {
                let value = std::env::var(&name).ok()?;
                Some((Value::String(value), Origin::Environment(name)))
            })
        };
        let default = || {
            let (_, value) = DEFAULTS.iter().find(|(name, _)| *name == key)?;
            Some((Value::from(*value), Origin::Default))
        };
        self.files.iter().find_map(in_file).or_else(in_environment).or_else(default)
    }

    /// The value of a key as text.
    pub(crate) fn text(&self, key: &str) -> Option<String> {
        self.get(key).map(|(value, _)| plain(&value))
    }

    /// The value of a key as a number.
    pub(crate) fn number(&self, key: &str) -> Result<Option<f64>> {
        let Some((value, origin)) = self.get(key) else { return Ok(None) };
        let text = plain(&value);
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(Error::usage(format!("{origin}: {key}: expected a number, found {text:?}"))),
        }
    }

    /// All keys with a value, sorted: known ones and those of the files.
    pub(crate) fn all(&self) -> Vec<(String, Value, Origin)> {
        let mut keys: Vec<String> = DEFAULTS.iter().map(|(name, _)| (*name).to_owned()).collect();
        for (_, map) in &self.files {
            leaves(map, "", &mut keys);
        }
        keys.sort();
        keys.dedup();
        let found = |key: String| self.get(&key).map(|(value, origin)| (key, value, origin));
        keys.into_iter().filter_map(found).collect()
    }

    /// Everything the files say as one object, for plugins.
    #[allow(dead_code)]
    pub(crate) fn merged(&self) -> Value {
        let mut merged = Map::new();
        for (_, map) in self.files.iter().rev() {
            overlay(&mut merged, map);
        }
        Value::Object(merged)
    }
}

/// A value as a person writes it: `true` and `"true"` are the same to a configuration.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The spellings of a key within a file.
fn spellings(key: &str) -> [String; 4] {
    let mut camel = String::new();
    let mut is_next_upper = false;
    for letter in key.chars() {
        match letter {
            '-' => is_next_upper = true,
            _ if is_next_upper => {
                camel.extend(letter.to_uppercase());
                is_next_upper = false;
            }
            _ => camel.push(letter),
        }
    }
    [key.to_owned(), key.to_uppercase(), camel, key.replace('-', "_")]
}

/// The names of a key in the environment.
fn variables(key: &str) -> Vec<String> {
    let mut shell = String::new();
    let mut was_lower = false;
    for letter in key.chars() {
        if letter.is_uppercase() && was_lower {
            shell.push('_');
        }
        was_lower = letter.is_lowercase();
        shell.push(if letter.is_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
    }
    let mut names = vec![format!("SEGUE_{shell}"), format!("LETRUN_{shell}"), shell];
    names.extend(spellings(key));
    names
}

fn find<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    spellings(key).iter().find_map(|key| map.get(key).or_else(|| nested(map, key)))
}

/// `a.b.c` as an object in an object; a key of any part may itself hold dots.
fn nested<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    key.match_indices('.').find_map(|(at, _)| {
        let inner = map.get(&key[..at])?.as_object()?;
        find(inner, &key[at + 1..])
    })
}

fn leaves(map: &Map<String, Value>, prefix: &str, keys: &mut Vec<String>) {
    for (key, value) in map {
        let key = format!("{prefix}{key}");
        match value {
            Value::Object(inner) => leaves(inner, &format!("{key}."), keys),
            _ => keys.push(key),
        }
    }
}

fn overlay(onto: &mut Map<String, Value>, map: &Map<String, Value>) {
    for (key, value) in map {
        match (onto.get_mut(key), value) {
            (Some(Value::Object(inner)), Value::Object(value)) => overlay(inner, value),
            _ => drop(onto.insert(key.clone(), value.clone())),
        }
    }
}
