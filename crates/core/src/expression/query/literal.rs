//! `'text'`, `1.5`, `true`, `null`, `['a', 1]`, `{'k': 1}` and `/regular expressions/`.

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Number, Value};

use super::PathError;
use super::reader::{Place, Reader};

/// KiB that a compiled regular expression may take: the first of these that is enough tells what matching costs.
const SIZES_KIB: [usize; 3] = [4, 16, 64];

/// A regular expression that must match a whole text.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    regex: Regex,
    size_kib: usize,
}

impl Pattern {
    fn compile(pattern: &str, flags: &str) -> Option<Self> {
        let has = |flag: char| flags.contains(flag);
        let mut whole = RegexBuilder::new(&format!("^(?:{})$", ascii_classes(pattern)));
        whole.case_insensitive(has('i')).multi_line(has('m')).dot_matches_new_line(has('s'));
        whole.ignore_whitespace(has('x')).nest_limit(32);
        SIZES_KIB.into_iter().find_map(|size_kib| {
            let regex = whole.size_limit(size_kib * 1024).build().ok()?;
            Some(Self { regex, size_kib })
        })
    }

    pub(super) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// What matching a text of so many bytes costs at worst: their number times that of the expression's states.
    pub(super) fn cost(&self, bytes: usize) -> usize {
        1 + bytes.saturating_mul(self.size_kib) / 2
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

/// `\d`, `\w` and `\s` are about ASCII, as in Java.
fn ascii_classes(pattern: &str) -> String {
    let mut classes = String::new();
    let mut characters = pattern.chars();
    while let Some(next) = characters.next() {
        match (next, if next == '\\' { characters.next() } else { None }) {
            (_, None) => classes.push(next),
            (_, Some('d')) => classes.push_str("[0-9]"),
            (_, Some('D')) => classes.push_str("[^0-9]"),
            (_, Some('w')) => classes.push_str("[0-9A-Za-z_]"),
            (_, Some('W')) => classes.push_str("[^0-9A-Za-z_]"),
            (_, Some('s')) => classes.push_str("[ \\t\\n\\x0B\\f\\r]"),
            (_, Some('S')) => classes.push_str("[^ \\t\\n\\x0B\\f\\r]"),
            (_, Some(other)) => classes.extend(['\\', other]),
        }
    }
    classes
}

impl<'a> Reader<'a> {
    /// A JSON literal; texts may stand in single quotes, and single words inside of lists without any.
    pub(super) fn literal(&mut self) -> Result<Value, PathError> {
        match self.peek() {
            Some('\'' | '"') => self.quoted().map(Value::String),
            Some('[') => self.inside(Place::Argument, Self::list),
            Some('{') => self.inside(Place::Argument, Self::object),
            Some('0'..='9' | '-' | '.') => self.number().map(Value::Number),
            _ => {
                let word = self.word();
                constant(word).ok_or_else(|| {
                    let expected = "a path from `@` or `$`, a quoted text, a number, true, false, null, a list or an object";
                    self.expected_before(word.len(), expected)
                })
            }
        }
    }

    /// A text in quotes of either kind, escapes undone.
    pub(super) fn quoted(&mut self) -> Result<String, PathError> {
        let quote = self.peek();
        self.advance(1);
        let mut text = String::new();
        let mut characters = self.rest().char_indices();
        while let Some((at, next)) = characters.next() {
            match next {
                '\\' => text.extend(escaped(&mut characters)),
                _ if Some(next) == quote => {
                    self.advance(at + 1);
                    return Ok(text);
                }
                _ => text.push(next),
            }
        }
        self.advance(self.rest().len());
        Err(self.expected("the closing quote"))
    }

    fn number(&mut self) -> Result<Number, PathError> {
        let digits = self.take_while(|next| matches!(next, '0'..='9' | '-' | '+' | '.' | 'e' | 'E'));
        let plain = serde_json::from_str(digits).ok();
        let number = plain.or_else(|| digits.parse().ok().and_then(Number::from_f64));
        number.ok_or_else(|| self.expected_before(digits.len(), "a number"))
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|next| next.is_alphanumeric() || matches!(next, '_' | '-'))
    }

    fn list(&mut self) -> Result<Value, PathError> {
        self.advance(1);
        let mut items = Vec::new();
        while !self.closes("]", items.is_empty())? {
            items.push(self.item()?);
        }
        Ok(Value::Array(items))
    }

    fn object(&mut self) -> Result<Value, PathError> {
        self.advance(1);
        let mut entries = Map::new();
        while !self.closes("}", entries.is_empty())? {
            let key = match self.item()? {
                Value::String(key) => key,
                other => other.to_string(),
            };
            self.need(":")?;
            self.skip_blanks();
            entries.insert(key, self.item()?);
        }
        Ok(Value::Object(entries))
    }

    /// Whether a list or object closes here; before a further entry there is a comma.
    fn closes(&mut self, bracket: &'static str, is_first: bool) -> Result<bool, PathError> {
        self.skip_blanks();
        if self.take(bracket) {
            return Ok(true);
        }
        if !is_first {
            self.need(",")?;
            self.skip_blanks();
        }
        Ok(false)
    }

    fn item(&mut self) -> Result<Value, PathError> {
        match self.peek() {
            Some(next) if next.is_alphabetic() || next == '_' => {
                let word = self.word();
                Ok(constant(word).unwrap_or_else(|| word.into()))
            }
            _ => self.literal(),
        }
    }

    /// `/…/flags`, at its first `/`.
    pub(super) fn pattern(&mut self) -> Result<Pattern, PathError> {
        self.advance(1);
        let rest = self.rest();
        let mut is_escaped = false;
        let closing = rest.find(|next| {
            let closes = next == '/' && !is_escaped;
            is_escaped = next == '\\' && !is_escaped;
            closes
        });
        let Some(length) = closing else {
            self.advance(rest.len());
            return Err(self.expected("`/` at the end of the regular expression"));
        };
        self.advance(length + 1);
        let flags = self.take_while(|next| next.is_ascii_alphabetic());
        if flags.contains(|flag| !"imsxduU".contains(flag)) {
            return Err(self.expected_before(flags.len(), "the flags i, m, s, x, d, u or U"));
        }
        Pattern::compile(&rest[..length], flags).ok_or_else(|| {
            let expected =
                "a regular expression of moderate size without look-around and back-references before";
            self.expected(expected)
        })
    }
}

fn constant(word: &str) -> Option<Value> {
    match word {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        _ => None,
    }
}

/// What the characters after a backslash stand for.
fn escaped(characters: &mut std::str::CharIndices<'_>) -> Option<char> {
    let (_, next) = characters.next()?;
    Some(match next {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'u' => {
            let digits = characters.as_str().get(..4)?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            characters.nth(3);
            char::from_u32(code)?
        }
        other => other,
    })
}
