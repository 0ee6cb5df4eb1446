//! The placeholders of a text: `${ operand (?? operand)* }`.

use serde_json::Value;

/// A piece of a text.
#[derive(Debug, PartialEq)]
pub(crate) enum Piece<'a> {
    /// What stands for itself.
    Text(&'a str),
    /// A placeholder with its braces; no operands if it is none that anybody could fill.
    Placeholder { text: &'a str, operands: Option<Vec<Operand<'a>>> },
}

/// What may be filled in, the first that is there.
#[derive(Debug, PartialEq)]
pub(crate) enum Operand<'a> {
    /// A text, number, boolean or null.
    Literal(Value),
    /// A path, as written.
    Path(&'a str),
}

/// Takes a text apart.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some((length, operands)) = placeholder(&rest[start..]) else { break };
        if start > 0 {
            pieces.push(Piece::Text(&rest[..start]));
        }
        pieces.push(Piece::Placeholder { text: &rest[start..start + length], operands });
        rest = &rest[start + length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Length and operands of the placeholder that a text begins with. A brace in quotes does not end it, unless only then
/// there is an end to it.
fn placeholder(text: &str) -> Option<(usize, Option<Vec<Operand<'_>>>)> {
    let quoted = ends(text).and_then(|end| Some((end + 1, operands(&text[2..end])?)));
    if let Some((length, operands)) = quoted {
        return Some((length, Some(operands)));
    }
    let end = text.find('}')?;
    Some((end + 1, operands(&text[2..end])))
}

/// The brace that ends a placeholder, outside of quotes.
fn ends(text: &str) -> Option<usize> {
    outside_quotes(text).find(|(_, c)| *c == '}').map(|(at, _)| at)
}

/// The characters that do not stand in quotes.
fn outside_quotes(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut is_escaped = false;
    text.char_indices().filter(move |(_, c)| match quote {
        Some(_) if is_escaped => {
            is_escaped = false;
            false
        }
        Some(_) if *c == '\\' => {
            is_escaped = true;
            false
        }
        Some(open) => {
            if open == *c {
                quote = None;
            }
            false
        }
        None if matches!(c, '\'' | '"') => {
            quote = Some(*c);
            false
        }
        None => true,
    })
}

/// The operands of a placeholder; none if one of them is neither a literal nor may be a path.
fn operands(inner: &str) -> Option<Vec<Operand<'_>>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let marks: Vec<usize> = outside_quotes(inner).filter(|(_, c)| *c == '?').map(|(at, _)| at).collect();
    for mark in marks {
        if mark >= start && inner[mark..].starts_with("??") {
            parts.push(&inner[start..mark]);
            start = mark + 2;
        }
    }
    parts.push(&inner[start..]);
    parts.into_iter().map(|part| operand(part.trim())).collect()
}

fn operand(text: &str) -> Option<Operand<'_>> {
    match text {
        "" => None,
        "true" => Some(Operand::Literal(Value::Bool(true))),
        "false" => Some(Operand::Literal(Value::Bool(false))),
        "null" => Some(Operand::Literal(Value::Null)),
        _ => match text.chars().next() {
            Some(quote @ ('\'' | '"')) => unquoted(text, quote).map(|text| Operand::Literal(text.into())),
            Some('-' | '0'..='9') => match serde_json::from_str::<serde_json::Number>(text) {
                Ok(number) => Some(Operand::Literal(Value::Number(number))),
                // A task may be called `2nd`.
                Err(_) => Some(Operand::Path(text)),
            },
            _ => Some(Operand::Path(text)),
        },
    }
}

/// The text between quotes, with the meaning of its escapes.
pub(crate) fn unquoted(text: &str, quote: char) -> Option<String> {
    let inner = text.strip_prefix(quote)?;
    let mut read = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => read.push(chars.next()?.1),
            c if c == quote => return (at + c.len_utf8() == inner.len()).then_some(read),
            c => read.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |piece: Piece<'_>| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Placeholder { text, operands: None } => format!("!{text}"),
            Piece::Placeholder { operands: Some(operands), .. } => format!("{operands:?}"),
        };
        pieces(text).into_iter().map(show).collect()
    }

    #[test]
    fn texts_are_taken_apart() {
        let path = |path: &str| format!("[Path({path:?})]");
        let cases: [(&str, Vec<String>); 12] = [
            ("plain $ { }", vec!["plain $ { }".into()]),
            ("a${b.c}d", vec!["a".into(), path("b.c"), "d".into()]),
            ("$${x}", vec!["$".into(), path("x")]),
            ("${ a.b }", vec![path("a.b")]),
            ("${a ?? 'x}y'}z", vec!["[Path(\"a\"), Literal(String(\"x}y\"))]".into(), "z".into()]),
            (r"${a ?? 'it\'s'}", vec!["[Path(\"a\"), Literal(String(\"it's\"))]".into()]),
            ("${a??b??1.5}", vec!["[Path(\"a\"), Path(\"b\"), Literal(Number(1.5))]".into()]),
            ("${it's} and ${b}", vec![path("it's"), " and ".into(), path("b")]),
            ("${}", vec!["!${}".into()]),
            ("${a ?? }", vec!["!${a ?? }".into()]),
            ("x ${open", vec!["x ${open".into()]),
            ("${a['b}c'].d}", vec![path("a['b}c'].d")]),
        ];
        for (text, expected) in cases {
            assert_eq!(shown(text), expected, "{text}");
        }
    }
}
