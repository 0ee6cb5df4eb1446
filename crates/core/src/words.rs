//! Texts as words: what full-text search compares.
//!
//! A word is a run of letters and digits, in lower case. Texts and questions are cut by this one rule, so every store finds the
//! same, whatever its database would take for a word.

use std::fmt;

use serde_json::Value;

use crate::json::Json;

/// Longer words are cut to so many bytes, in texts and in questions.
pub const WORD_BYTES_MAX: usize = 64;
/// Words of a text that are kept; what comes behind is not found.
pub const TEXT_WORDS_MAX: usize = 10_000;
/// Words that a question may have.
pub const QUESTION_WORDS_MAX: usize = 64;

/// The words of a text, in order, with a space between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    words: String,
    count: usize,
}

impl Text {
    /// Adds the words of a text.
    pub fn add(&mut self, text: &str) -> &mut Self {
        for piece in text.split(|letter: char| !letter.is_alphanumeric()) {
            if self.count == TEXT_WORDS_MAX {
                break;
            }
            let word = word(piece);
            if !word.is_empty() {
                if self.count > 0 {
                    self.words.push(' ');
                }
                self.words.push_str(&word);
                self.count += 1;
            }
        }
        self
    }

    /// Adds the words of the names and values in a JSON text.
    pub fn add_json(&mut self, json: &Json) -> &mut Self {
        if json.is_empty_object() { self } else { self.add_value(&json.value()) }
    }

    /// Values are read no deeper than the parser reads them, so this ends.
    fn add_value(&mut self, value: &Value) -> &mut Self {
        match value {
            Value::Null => self,
            Value::Bool(flag) => self.add(if *flag { "true" } else { "false" }),
            Value::Number(number) => self.add(&number.to_string()),
            Value::String(text) => self.add(text),
            Value::Array(items) => items.iter().fold(self, |text, item| text.add_value(item)),
            Value::Object(fields) => {
                fields.iter().fold(self, |text, (name, field)| text.add(name).add_value(field))
            }
        }
    }

    /// The words, a space between each two.
    pub fn as_str(&self) -> &str {
        &self.words
    }

    /// True if it has no word.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// True if it has all the phrases; false if there is none to have.
    pub fn matches(&self, phrases: &[Phrase]) -> bool {
        let words: Vec<&str> = self.words.split(' ').filter(|word| !word.is_empty()).collect();
        let has = |phrase: &Phrase| words.windows(phrase.words.len().max(1)).any(|run| phrase.fits(run));
        !phrases.is_empty() && phrases.iter().all(has)
    }
}

/// Words that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// At least one.
    pub words: Vec<String>,
    /// How the last word is meant.
    pub last: Last,
}

/// How the last word of a phrase is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// As it stands.
    Whole,
    /// As the beginning of a word.
    Beginning,
}

impl Phrase {
    fn fits(&self, run: &[&str]) -> bool {
        let Some((last, words)) = self.words.split_last() else { return true };
        let Some((found, run)) = run.split_last() else { return false };
        let ends = match self.last {
            Last::Whole => found == last,
            Last::Beginning => found.starts_with(last.as_str()),
        };
        ends && words.iter().zip(run).all(|(word, found)| word == found)
    }
}

/// A question that asks for too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyWords;

impl fmt::Display for TooManyWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the free text has more than {QUESTION_WORDS_MAX} words")
    }
}

impl std::error::Error for TooManyWords {}

/// Reads a question: words that must all occur, `"several words"` that follow one another, `begin*` for the beginning of a
/// word. What is written together (`order-7`) is a phrase. `None` for the empty question and `*`, which fit everything; a question
/// without any word fits nothing.
///
/// # Errors
/// [`TooManyWords`].
pub fn question(text: &str) -> Result<Option<Vec<Phrase>>, TooManyWords> {
    let text = text.trim();
    if text.chars().all(|letter| letter == '*') {
        return Ok(None);
    }
    let mut phrases = Vec::new();
    let mut count = 0;
    for (place, part) in text.split('"').enumerate() {
        // Every other part stands in quotes.
        let pieces: Vec<&str> = if place % 2 == 1 { vec![part] } else { part.split_whitespace().collect() };
        for piece in pieces {
            let words: Vec<String> = piece
                .split(|letter: char| !letter.is_alphanumeric())
                .map(word)
                .filter(|word| !word.is_empty())
                .collect();
            count += words.len();
            if count > QUESTION_WORDS_MAX {
                return Err(TooManyWords);
            }
            let is_open = piece.strip_suffix('*').is_some_and(|rest| rest.ends_with(char::is_alphanumeric));
            let last = if is_open { Last::Beginning } else { Last::Whole };
            if !words.is_empty() {
                phrases.push(Phrase { words, last });
            }
        }
    }
    Ok(Some(phrases))
}

/// In lower case, of bounded length.
fn word(piece: &str) -> String {
    let mut word = String::with_capacity(piece.len().min(WORD_BYTES_MAX));
    for letter in piece.chars().flat_map(char::to_lowercase).filter(|letter| letter.is_alphanumeric()) {
        if word.len() + letter.len_utf8() > WORD_BYTES_MAX {
            break;
        }
        word.push(letter);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Text {
        let mut text = Text::default();
        text.add("Order-7").add_json(&Json::parse(json.to_owned()).expect("json"));
        text
    }

    #[test]
    fn texts_are_cut_into_words() {
        let json = r#"{"Name":"Max\nM\u00fcller","n":[12.5,true,null],"id":"3F2a-b"}"#;
        assert_eq!(text(json).as_str(), "order 7 name max müller n 12 5 true id 3f2a b");
        assert!(Text::default().add("-- *").is_empty());
        let long = "x".repeat(WORD_BYTES_MAX + 1);
        assert_eq!(Text::default().add(&long).as_str().len(), WORD_BYTES_MAX);
        let many = "a ".repeat(TEXT_WORDS_MAX + 1);
        assert_eq!(Text::default().add(&many).as_str().len(), 2 * TEXT_WORDS_MAX - 1);
    }

    #[test]
    fn questions_find_words_phrases_and_beginnings() {
        let text = text(r#"{"note":"Too late, no paper left"}"#);
        for (asked, expected) in [
            ("late", true),
            ("LATE paper", true),
            ("paper late", true),
            ("late nothing", false),
            ("\"no paper\"", true),
            ("\"paper no\"", false),
            ("pap*", true),
            ("ape*", false),
            ("order-7", true),
            ("7-order", false),
            ("\"no pap*\"", true),
            ("\"late paper\" order", false),
            ("order-*", true),
            ("\"no paper left", true),
            ("--", false),
        ] {
            let phrases = question(asked).expect("few words").expect("a question");
            assert_eq!(text.matches(&phrases), expected, "{asked}: {phrases:?}");
        }
        assert_eq!(question(" "), Ok(None));
        assert_eq!(question("*"), Ok(None));
        assert_eq!(question(&"a ".repeat(QUESTION_WORDS_MAX + 1)), Err(TooManyWords));
    }
}
