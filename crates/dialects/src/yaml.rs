//! Reading of untrusted YAML. Depth, size, anchors and aliases are bounded by the parser's budget.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Options, Spanned};

use crate::Diagnostic;
use crate::json::{DEPTH_MAX, split};
use crate::outline::{Outline, Place, join};

/// Reads a YAML text.
///
/// # Errors
/// The first thing that is wrong, with its place and the path of the field.
pub(crate) fn read<T: DeserializeOwned + Send>(text: &str) -> Result<T, Diagnostic> {
    with_stack(|| serde_saphyr::from_str_with_options(text, options()).map_err(|error| explain(text, &error)))
        .unwrap_or_else(|| {
            Err(Diagnostic::at(text, 0..0, "the document cannot be read: no memory for its parser"))
        })
}

/// Stack for a document at the depth limit: a level of YAML takes far more of it than a level of JSON.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Parses on a thread of its own. Nothing if there is none to be had.
fn with_stack<T: Send>(parse: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, parse).ok()?;
        thread.join().ok()
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_depth: DEPTH_MAX },
        with_snippet: false,
        // `y`, `no` and `on` are texts since YAML 1.2, and names of tasks and steps.
        strict_booleans: true,
    }
}

fn explain(text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let span = error.location().map_or(0..0, |location| span(text, location));
    let rendered = error.without_snippet().to_string();
    // The parser puts the place into the text, before it or behind it.
    let message = rendered.lines().next().unwrap_or_default();
    let message =
        message.split_once(": ").filter(|(head, _)| is_place(head)).map_or(message, |(_, rest)| rest);
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    let outline = outline(text);
    // The parser points at a value or at the key before it.
    let line_end = text[span.start..].find('\n').map_or(text.len(), |length| span.start + length);
    let next = outline.0.iter().filter(|place| (span.start..line_end).contains(&place.span.start));
    let mut diagnostic = match next.min_by_key(|place| place.span.start) {
        Some(place) => {
            Diagnostic { path: place.path.clone(), ..Diagnostic::at(text, place.span.clone(), "") }
        }
        None => {
            let path = outline.innermost(span.start).map(|place| place.path.clone()).unwrap_or_default();
            Diagnostic { path, ..Diagnostic::at(text, span, "") }
        }
    };
    (diagnostic.message, diagnostic.expected) = split(message);
    diagnostic
}

fn is_place(text: &str) -> bool {
    text.starts_with("error") || text.starts_with("line ")
}

/// The bytes of a location; it counts characters.
fn span(text: &str, location: Location) -> std::ops::Range<usize> {
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    let line_start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let rest = &text[line_start..];
    let start = line_start + rest.char_indices().nth(column - 1).map_or(rest.len(), |(at, _)| at);
    let length = usize::try_from(location.span().len()).unwrap_or(0);
    let end = text[start..].char_indices().nth(length).map_or(text.len(), |(at, _)| start + at);
    start..end
}

/// All values of a text with their places; nothing if the text does not parse.
pub(crate) fn outline(text: &str) -> Outline {
    let listed = with_stack(|| {
        let mut outline = Outline::default();
        if let Ok(node) = serde_saphyr::from_str_with_options::<Node>(text, options()) {
            node.list(text, "", &mut outline);
        }
        outline
    });
    listed.unwrap_or_default()
}

/// A value that is only looked at for where it stands.
struct Node(Box<Spanned<Shape>>);

enum Shape {
    Map(Vec<(String, Node)>),
    Seq(Vec<Node>),
    Scalar,
}

impl Node {
    fn list(&self, text: &str, path: &str, outline: &mut Outline) {
        outline.0.push(Place { path: path.to_owned(), span: span(text, self.0.referenced) });
        match &self.0.value {
            Shape::Map(members) => {
                members.iter().for_each(|(key, node)| node.list(text, &join(path, key), outline));
            }
            Shape::Seq(nodes) => {
                nodes
                    .iter()
                    .enumerate()
                    .for_each(|(at, node)| node.list(text, &format!("{path}[{at}]"), outline));
            }
            Shape::Scalar => {}
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(|spanned| Self(Box::new(spanned)))
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, Node>()? {
            members.push(member);
        }
        Ok(Shape::Map(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = seq.next_element()? {
            nodes.push(node);
        }
        Ok(Shape::Seq(nodes))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        Shape::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Shape, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Shape::Scalar)
    }

    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }

    fn visit_str<E>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::Scalar)
    }
}
