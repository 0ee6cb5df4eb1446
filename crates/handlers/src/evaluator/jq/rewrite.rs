//! Changes of a parsed script that make jaq do what jq 1.6 does: assignments make what their path lacks, and text shows numbers as
//! results do.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Def, Pattern, Term};
use jaq_core::path::{Part, Path};

/// Filters that no script can call or define, for no script can write their names.
const MADE: &str = "!made";
const PLAIN: &str = "!plain";
/// A variable that no script can write.
const VALUE: &str = "$!value";

type T<'s> = Term<&'s str>;

/// What changed scripts call.
pub(super) fn hidden() -> [Def<&'static str>; 2] {
    let argument = Term::Call("f", Vec::new());
    [
        Def { name: MADE, args: vec!["f"], body: Term::Call("_made", vec![argument]) },
        Def { name: PLAIN, args: Vec::new(), body: Term::Call("_plain", Vec::new()) },
    ]
}

/// The definition with all that it holds changed.
pub(super) fn definition(definition: Def<&str>) -> Def<&str> {
    Def { body: term(definition.body), ..definition }
}

fn term(whole: T<'_>) -> T<'_> {
    match whole {
        Term::Id | Term::Recurse | Term::Num(_) | Term::Break(_) | Term::Var(_) => whole,
        Term::Str(format, parts) => {
            let is_plain = format.is_none();
            Term::Str(format, parts.into_iter().map(|part| text(part, is_plain)).collect())
        }
        Term::Arr(inner) => Term::Arr(inner.map(boxed)),
        Term::Obj(entries) => {
            Term::Obj(entries.into_iter().map(|(key, value)| (term(key), value.map(term))).collect())
        }
        Term::Neg(inner) => Term::Neg(boxed(inner)),
        Term::BinOp(left, op, right) => operation(term(*left), op, term(*right)),
        Term::Label(name, inner) => Term::Label(name, boxed(inner)),
        Term::Fold(name, over, binding, steps) => {
            Term::Fold(name, boxed(over), pattern(binding), steps.into_iter().map(term).collect())
        }
        Term::TryCatch(inner, catch) => Term::TryCatch(boxed(inner), catch.map(boxed)),
        Term::IfThenElse(cases, otherwise) => Term::IfThenElse(
            cases.into_iter().map(|(condition, then)| (term(condition), term(then))).collect(),
            otherwise.map(boxed),
        ),
        Term::Def(definitions, inner) => {
            Term::Def(definitions.into_iter().map(definition).collect(), boxed(inner))
        }
        Term::Call(name, arguments) => Term::Call(name, arguments.into_iter().map(term).collect()),
        Term::Path(from, Path(parts)) => {
            let parts = parts.into_iter().map(|(step, optional)| (part(step), optional));
            Term::Path(boxed(from), Path(parts.collect()))
        }
    }
}

#[expect(clippy::boxed_local, reason = "it goes from one box to the other")]
fn boxed(inner: Box<T<'_>>) -> Box<T<'_>> {
    Box::new(term(*inner))
}

fn part(step: Part<T<'_>>) -> Part<T<'_>> {
    match step {
        Part::Index(index) => Part::Index(term(index)),
        Part::Range(from, to) => Part::Range(from.map(term), to.map(term)),
    }
}

fn pattern(binding: Pattern<&str>) -> Pattern<&str> {
    match binding {
        Pattern::Var(name) => Pattern::Var(name),
        Pattern::Arr(items) => Pattern::Arr(items.into_iter().map(pattern).collect()),
        Pattern::Obj(entries) => {
            Pattern::Obj(entries.into_iter().map(|(key, value)| (term(key), pattern(value))).collect())
        }
    }
}

fn text<'s>(part: StrPart<&'s str, T<'s>>, is_plain: bool) -> StrPart<&'s str, T<'s>> {
    match part {
        StrPart::Term(inner) if is_plain => StrPart::Term(pipe(term(inner), Term::Call(PLAIN, Vec::new()))),
        StrPart::Term(inner) => StrPart::Term(term(inner)),
        other => other,
    }
}

/// `path = value` is `value as $value | made(path) | path = $value`: the value is told before anything is made.
fn operation<'s>(left: T<'s>, op: BinaryOp<&'s str>, right: T<'s>) -> T<'s> {
    let made = Term::Call(MADE, vec![left.clone()]);
    match op {
        BinaryOp::Pipe(binding) => binary(left, BinaryOp::Pipe(binding.map(pattern)), right),
        BinaryOp::Update => pipe(made, binary(left, op, right)),
        BinaryOp::Assign | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
            let assigned = binary(left, op, Term::Var(VALUE));
            binary(right, BinaryOp::Pipe(Some(Pattern::Var(VALUE))), pipe(made, assigned))
        }
        _ => binary(left, op, right),
    }
}

fn pipe<'s>(left: T<'s>, right: T<'s>) -> T<'s> {
    binary(left, BinaryOp::Pipe(None), right)
}

fn binary<'s>(left: T<'s>, op: BinaryOp<&'s str>, right: T<'s>) -> T<'s> {
    Term::BinOp(Box::new(left), op, Box::new(right))
}
