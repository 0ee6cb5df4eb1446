//! The words of a condition.

use super::ConditionError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    /// Names, keywords and `$`.
    Name(String),
    /// Operators and brackets.
    Sign(&'static str),
}

/// Longest first, so that `===` is not read as `==`.
const SIGNS: [&str; 22] = [
    "===", "!==", "==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")", "{", "}", "[", "]", ".", ";",
    "-", "+", ",",
];

/// The words with their byte offsets.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, ConditionError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        let (length, token) =
            token(&text[at..]).map_err(|error| ConditionError { offset: error.offset + at, ..error })?;
        found.push((at, token));
        at += length;
    }
    Ok(found)
}

fn token(rest: &str) -> Result<(usize, Token), ConditionError> {
    let first = rest.chars().next().unwrap_or(' ');
    if first == '\'' || first == '"' {
        return quoted(rest, first);
    }
    if first.is_ascii_digit() {
        return number(rest);
    }
    if is_name(first) {
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        return Ok((length, Token::Name(rest[..length].to_owned())));
    }
    SIGNS.iter().find(|sign| rest.starts_with(**sign)).map(|sign| (sign.len(), Token::Sign(sign))).ok_or(
        ConditionError {
            offset: 0,
            expected: "a path, a literal, a comparison, `&&`, `||`, `!` or parentheses",
        },
    )
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn number(rest: &str) -> Result<(usize, Token), ConditionError> {
    let digits = |from: usize| from + rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(0);
    if rest[length..].starts_with('.') {
        length = digits(length + 1);
    }
    if rest[length..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
        let end = digits(length + 1 + sign);
        length = if end > length + 1 + sign { end } else { length };
    }
    let error = ConditionError { offset: length, expected: "a decimal number" };
    if rest[length..].starts_with(is_name)
        || (length > 1 && rest.starts_with('0') && !rest[1..].starts_with(['.', 'e', 'E']))
    {
        return Err(error);
    }
    match rest[..length].parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((length, Token::Number(number))),
        _ => Err(error),
    }
}

fn quoted(rest: &str, quote: char) -> Result<(usize, Token), ConditionError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, next)) = chars.next() {
        match next {
            '\\' => match chars.next().map(|(_, escaped)| escaped) {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(plain @ ('\'' | '"' | '\\' | '/')) => text.push(plain),
                _ => {
                    return Err(ConditionError {
                        offset: at,
                        expected: "one of the escapes \\' \\\" \\\\ \\/ \\n \\t \\r",
                    });
                }
            },
            '\n' => {
                return Err(ConditionError { offset: at, expected: "the closing quote on the same line" });
            }
            _ if next == quote => return Ok((at + 1, Token::Text(text))),
            _ => text.push(next),
        }
    }
    Err(ConditionError { offset: rest.len(), expected: "the closing quote" })
}
