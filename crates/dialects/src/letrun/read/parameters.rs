//! The parameters of system tasks, as far as they are written out: a value with an expression in it is only known when
//! the task runs.

use serde_json::{Map, Value};

use super::super::source::{kind_of, meant, member};
use super::Reader;
use super::fields::number;

/// What a parameter may be.
#[derive(Clone, Copy)]
enum Shape {
    Any,
    Text,
    FilledText,
    Number,
    Count,
    Object,
    List,
    /// A duration: a text such as `2 minutes`, or milliseconds.
    Time,
    OneOf(&'static [&'static str]),
}

/// A parameter of a system task.
struct Parameter {
    name: &'static str,
    shape: Shape,
    is_required: bool,
}

const fn required(name: &'static str, shape: Shape) -> Parameter {
    Parameter { name, shape, is_required: true }
}

const fn optional(name: &'static str, shape: Shape) -> Parameter {
    Parameter { name, shape, is_required: false }
}

const LANGUAGE: Parameter = optional("language", Shape::Text);
const EVALUATOR: Parameter = optional("evaluatorType", Shape::Text);
const LEVELS: Shape = Shape::OneOf(&["debug", "info", "warn", "error"]);
const METHODS: Shape = Shape::OneOf(&["GET", "POST", "PUT", "DELETE", "PATCH"]);
const BODIES: Shape = Shape::OneOf(&["json", "text", "blob"]);
const MODES: Shape = Shape::OneOf(&["doWhile", "whileDo"]);

const LOG: &[Parameter] = &[optional("level", LEVELS), required("message", Shape::FilledText)];
const DELAY: &[Parameter] = &[required("time", Shape::Time), optional("data", Shape::Any)];
const HTTP: &[Parameter] = &[
    required("url", Shape::FilledText),
    optional("method", METHODS),
    optional("headers", Shape::Object),
    optional("body", Shape::Any),
    optional("timeoutMs", Shape::Count),
    optional("params", Shape::Object),
    optional("responseType", BODIES),
];
const LAMBDA: &[Parameter] = &[
    optional("expression", Shape::FilledText),
    optional("file", Shape::FilledText),
    optional("input", Shape::Any),
    LANGUAGE,
    EVALUATOR,
];
const IF: &[Parameter] =
    &[required("left", Shape::Any), required("operator", Shape::FilledText), optional("right", Shape::Any)];
const SWITCH: &[Parameter] = &[required("expression", Shape::FilledText), LANGUAGE, EVALUATOR];
const FOR: &[Parameter] =
    &[required("from", Shape::Number), required("to", Shape::Number), optional("step", Shape::Number)];
const WHILE: &[Parameter] =
    &[required("expression", Shape::FilledText), optional("mode", MODES), LANGUAGE, EVALUATOR];
const ITERATE: &[Parameter] = &[required("items", Shape::List)];
const CATCH: &[Parameter] =
    &[optional("errorName", Shape::Text), optional("expression", Shape::FilledText), LANGUAGE, EVALUATOR];
const WORKFLOW: &[Parameter] = &[
    optional("file", Shape::FilledText),
    optional("workflow", Shape::Any),
    optional("input", Shape::Object),
];

/// Parameters of which at most one may be given, and whether one must be.
const CHOICES: [(&str, [&str; 2], bool); 3] = [
    ("lambda", ["expression", "file"], true),
    ("workflow", ["file", "workflow"], true),
    ("catch", ["errorName", "expression"], false),
];

fn of(system: &str) -> &'static [Parameter] {
    match system {
        "log" => LOG,
        "delay" => DELAY,
        "http" => HTTP,
        "lambda" => LAMBDA,
        "if" => IF,
        "switch" => SWITCH,
        "for" => FOR,
        "while" => WHILE,
        "iterate" => ITERATE,
        "catch" => CATCH,
        _ => WORKFLOW,
    }
}

impl<'a> Reader<'a, '_> {
    pub(super) fn parameters(&mut self, system: &str, raw: &'a Map<String, Value>, path: &str) {
        let schema = of(system);
        let empty = Map::new();
        let given = match raw.get("parameters") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(given)) => given,
            // Told already.
            Some(_) => return,
        };
        let path = member(path, "parameters");
        for (key, value) in given {
            let at = member(&path, key);
            match schema.iter().find(|parameter| parameter.name == key) {
                Some(parameter) => self.parameter(system, parameter, value, &at),
                None => {
                    let names = schema.iter().map(|parameter| parameter.name);
                    let found = self.at(&at).error(format!("Invalid parameters: \"{key}\" is not allowed"));
                    let expected = names.clone().collect::<Vec<_>>().join("`, `");
                    let found = found.expecting(format!("`{expected}`"));
                    self.findings.add(found.hinting(meant(key, names)));
                }
            }
        }
        for parameter in schema.iter().filter(|parameter| parameter.is_required) {
            if given.get(parameter.name).is_none_or(Value::is_null)
                && !(system == "if" && given.contains_key(parameter.name))
            {
                let message = format!("Invalid parameters: \"{}\" is required", parameter.name);
                self.findings.add(self.at(&path).error(message));
            }
        }
        self.choice(system, given, &path);
    }

    fn choice(&mut self, system: &str, given: &Map<String, Value>, path: &str) {
        let Some((_, [one, other], must)) = CHOICES.iter().find(|(name, ..)| *name == system) else { return };
        let message = match (given.contains_key(*one), given.contains_key(*other)) {
            (true, true) => format!("Invalid parameters: \"{one}\" and \"{other}\" exclude each other"),
            (false, false) if *must => format!("Invalid parameters: \"{one}\" or \"{other}\" is required"),
            _ => return,
        };
        self.findings.add(self.at(path).error(message));
    }

    fn parameter(&mut self, system: &str, parameter: &Parameter, value: &Value, path: &str) {
        if holds_expression(value) || (value.is_null() && !parameter.is_required) {
            return;
        }
        let expected = match parameter.shape {
            Shape::Any => return,
            Shape::Text if value.is_string() => return,
            Shape::FilledText if value.as_str().is_some_and(|text| !text.is_empty()) => return,
            Shape::Number | Shape::Count if number(value).is_some() => {
                return self.range(system, parameter, value, path);
            }
            Shape::Time
                if value.is_number() || value.as_str().is_some_and(|text| !text.trim().is_empty()) =>
            {
                return;
            }
            Shape::Object if value.is_object() => return,
            Shape::List if value.is_array() => return,
            Shape::OneOf(words) => match value.as_str() {
                Some(word) if words.contains(&word) => return,
                word => {
                    let found = self
                        .at(path)
                        .error(format!("Invalid parameters: \"{}\" cannot be {value}", parameter.name));
                    let found = found.expecting(format!("`{}`", words.join("`, `")));
                    self.findings.add(found.hinting(meant(word.unwrap_or_default(), words.iter().copied())));
                    return;
                }
            },
            Shape::Text => "a text",
            Shape::FilledText => "a text that is not empty",
            Shape::Number | Shape::Count => "a number",
            Shape::Time => "a duration such as `2 minutes`, or milliseconds",
            Shape::Object => "an object",
            Shape::List => "a list",
        };
        let shown = if value.as_str() == Some("") { "empty" } else { kind_of(value) };
        let found =
            self.at(path).error(format!("Invalid parameters: \"{}\" cannot be {shown}", parameter.name));
        self.findings.add(found.expecting(expected));
    }

    fn range(&mut self, system: &str, parameter: &Parameter, value: &Value, path: &str) {
        let number = number(value).unwrap_or_default();
        let expected = match (system, parameter.name) {
            ("for", "step") if number == 0.0 => "a step other than 0: such a loop never ends",
            _ if matches!(parameter.shape, Shape::Count) && (number < 0.0 || number.fract() != 0.0) => {
                "a whole number, 0 or more"
            }
            _ => return,
        };
        let found =
            self.at(path).error(format!("Invalid parameters: \"{}\" cannot be {value}", parameter.name));
        self.findings.add(found.expecting(expected));
    }
}

/// Whether a text has an expression in it.
fn holds_expression(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("${"))
}
