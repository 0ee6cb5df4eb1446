//! What the system tasks say of themselves: a sentence, and the schema that their parameters are read by.

use serde_json::{Map, Value, json};

use super::parameters::{Field, Kind, optional};
use super::{
    catch, delay, exec, expect, for_loop, http, if_else, iterate, lambda, log, read_file, switch, while_loop,
    write_file,
};

/// A system task as its users see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// Its name, as handlers are written.
    pub name: &'static str,
    /// What it does.
    pub text: &'static str,
    /// Its parameters, as `joi.describe()` says them.
    pub parameters: Value,
}

const WORKFLOW: [Field; 3] =
    [optional("file", Kind::Text), optional("workflow", Kind::Any), optional("input", Kind::Object)];

/// All system tasks that a file can name, control flow first.
pub fn described() -> Vec<Description> {
    let all: [(&str, &str, &[Field]); 15] = [
        ("if", "runs `then` or `else`", &if_else::SCHEMA),
        ("switch", "runs one of several cases", &switch::SCHEMA),
        ("for", "runs `loopOver` for each number of a range", &for_loop::SCHEMA),
        ("while", "runs `loopOver` as long as an expression holds", &while_loop::SCHEMA),
        ("iterate", "runs `loopOver` for each item of a list", &iterate::SCHEMA),
        ("catch", "runs `catch` if one of its tasks fails, and `finally` in any case", &catch::SCHEMA),
        ("workflow", "runs another workflow", &WORKFLOW),
        ("log", "writes a line", &log::SCHEMA),
        ("delay", "waits", &delay::SCHEMA),
        ("http", "calls a URL", &http::SCHEMA),
        ("lambda", "evaluates a script", &lambda::SCHEMA),
        ("exec", "runs a program", &exec::SCHEMA),
        ("expect", "fails unless a value is as expected", &expect::SCHEMA),
        ("read-file", "reads a file", &read_file::SCHEMA),
        ("write-file", "writes a file", &write_file::SCHEMA),
    ];
    let one = |(name, text, schema): (&'static str, &'static str, &[Field])| {
        let keys: Map<String, Value> =
            schema.iter().map(|field| (field.name.to_owned(), key(field))).collect();
        Description { name, text, parameters: json!({"type": "object", "keys": keys}) }
    };
    all.into_iter().map(one).collect()
}

fn key(field: &Field) -> Value {
    let kind = match field.kind {
        Kind::Any => "any",
        Kind::Text | Kind::Printed | Kind::OneOf(_) => "string",
        Kind::Number | Kind::Whole => "number",
        Kind::Boolean => "boolean",
        Kind::List => "array",
        Kind::Object => "object",
    };
    let mut key = json!({ "type": kind });
    if field.is_required {
        key["flags"] = json!({"presence": "required"});
    }
    if let Kind::OneOf(values) = field.kind {
        key["allow"] = json!(values);
        key["flags"]["only"] = true.into();
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_says_what_is_required_and_what_is_allowed() {
        let log = described().into_iter().find(|one| one.name == "log").unwrap();
        assert_eq!(
            log.parameters["keys"]["message"],
            json!({"type": "string", "flags": {"presence": "required"}})
        );
        let level = &log.parameters["keys"]["level"];
        assert_eq!((&level["flags"], &level["allow"][0]), (&json!({"only": true}), &json!("debug")));
    }
}
