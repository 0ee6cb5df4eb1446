//! Where secrets go. A reference to one is left in the input as it is written, and data may hold the same words: an input of a
//! user, an output of a worker. What counts is not what the text says but that the template put it there, so its places are
//! noted with the attempt, and the hand-off looks nowhere else.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::render::{names_secret, text_of};
use super::{Environment, Part, Reference, Template};

/// A reference to a secret in a rendered value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretAt {
    /// The text that it stands in, as a JSON pointer.
    pub text: String,
    /// Where in that text it begins, in bytes.
    pub from: usize,
    /// The reference as it stands there, with its braces.
    pub reference: String,
}

impl SecretAt {
    /// Whether the reference stands there.
    pub fn is_in(&self, value: &Value) -> bool {
        let text = value.pointer(&self.text).and_then(Value::as_str);
        text.and_then(|text| text.get(self.from..)).is_some_and(|rest| rest.starts_with(&self.reference))
    }
}

impl Template {
    /// True if it may refer to secrets.
    pub fn may_hold_secrets(&self) -> bool {
        match self {
            Self::Static(_) => false,
            Self::Whole(reference) => reference.may_be_secret(),
            Self::Text(parts) => any_may_be_secret(parts),
            Self::List(items) => items.iter().any(Self::may_hold_secrets),
            Self::Object(entries) => entries.iter().any(|(_, item)| item.may_hold_secrets()),
        }
    }

    /// The secrets that the template's own text refers to, at their places in what it renders to in the same environment.
    pub fn secrets(&self, env: &dyn Environment) -> Vec<SecretAt> {
        let mut found = Vec::new();
        if self.may_hold_secrets() {
            self.collect_secrets(env, "", &mut found);
        }
        found
    }

    fn collect_secrets(&self, env: &dyn Environment, at: &str, found: &mut Vec<SecretAt>) {
        match self {
            Self::Static(_) => {}
            Self::Whole(reference) => {
                let secret = reference.secret(env);
                found.extend(secret.map(|reference| SecretAt { text: at.to_owned(), from: 0, reference }));
            }
            Self::Text(parts) => {
                let mut before = String::new();
                for part in parts {
                    let secret = match part {
                        Part::Reference(reference) => reference.secret(env),
                        Part::Literal(_) => None,
                    };
                    let from = before.len();
                    found.extend(secret.map(|reference| SecretAt { text: at.to_owned(), from, reference }));
                    before.push_str(&text_of(std::slice::from_ref(part), env).unwrap_or_default());
                }
            }
            Self::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    item.collect_secrets(env, &format!("{at}/{place}"), found);
                }
            }
            Self::Object(entries) => {
                for (key, item) in entries {
                    let key = key.replace('~', "~0").replace('/', "~1");
                    item.collect_secrets(env, &format!("{at}/{key}"), found);
                }
            }
        }
    }
}

impl Reference {
    fn may_be_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::Nested { root, .. } => root.as_deref().is_none_or(|root| root == "workflow"),
            Self::Choice(choice) => choice.may_be_secret(),
            Self::Blank | Self::TaskId | Self::Path(_) | Self::Query(_) => false,
        }
    }

    /// What it leaves in the text if it refers to a secret.
    fn secret(&self, env: &dyn Environment) -> Option<String> {
        match self {
            Self::Secret(written) => Some(written.clone()),
            Self::Nested { parts, .. } => {
                let path = text_of(parts, env).ok().filter(|path| names_secret(path))?;
                Some(format!("${{{path}}}"))
            }
            Self::Choice(choice) if choice.is_secret(env) => {
                choice.value(env).ok()?.as_str().map(str::to_owned)
            }
            Self::Choice(_) | Self::Blank | Self::TaskId | Self::Path(_) | Self::Query(_) => None,
        }
    }
}

fn any_may_be_secret(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part, Part::Reference(reference) if reference.may_be_secret()))
}
