//! Finds the expressions in a text: balanced `${…}` whose `$` does not follow another `$`.

/// A piece of a text; offsets are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Text that stands for itself.
    Literal(&'a str),
    /// What stands between `${` and `}`, and where it begins.
    Expression { inner: &'a str, offset: usize },
}

/// Splits a text into literals and outermost expressions; `$${` gives the literal `${`.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let closers = closers(text);
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut literal_from = 0;
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"$${") {
            // Keep one `$`: the literal ends before it and goes on from the second.
            push_literal(&mut found, &text[literal_from..at]);
            literal_from = at + 1;
            at += 3;
        } else if rest.starts_with(b"${")
            && let Some(close) = closer_of(&closers, at + 1)
        {
            push_literal(&mut found, &text[literal_from..at]);
            found.push(Piece::Expression { inner: &text[at + 2..close], offset: at + 2 });
            literal_from = close + 1;
            at = close + 1;
        } else {
            at += 1;
        }
    }
    push_literal(&mut found, &text[literal_from..]);
    found
}

fn push_literal<'a>(found: &mut Vec<Piece<'a>>, text: &'a str) {
    if !text.is_empty() {
        found.push(Piece::Literal(text));
    }
}

/// The matched braces of a text as (open, close), ordered by open.
fn closers(text: &str) -> Vec<(usize, usize)> {
    let mut open = Vec::new();
    let mut matched = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open.push(at),
            b'}' => matched.extend(open.pop().map(|from| (from, at))),
            _ => {}
        }
    }
    matched.sort_unstable();
    matched
}

fn closer_of(closers: &[(usize, usize)], open: usize) -> Option<usize> {
    closers.binary_search_by_key(&open, |(from, _)| *from).ok().map(|place| closers[place].1)
}
