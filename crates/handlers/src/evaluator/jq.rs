//! jq by jaq, with what jq 1.6 defines and nothing that reaches out of the script.

mod natives;
mod output;
mod rewrite;

use jaq_core::compile::Undefined;
use jaq_core::data::JustLut;
use jaq_core::load::parse::Def;
use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars};
use jaq_json::Val;
use segue_core::json::Json;

use super::deadline::Deadline;
use super::frames::{Failure, Request, bounded};
use output::Output;

/// What jq 1.6 defines and jaq does not, and what would look at the process.
const PRELUDE: &str = include_str!("jq/prelude.jq");
/// The script, as a definition.
const MAIN: &str = "_main";
/// Natives that look at the process.
const REFUSED: [&str; 1] = ["env"];

/// The parsed definitions that every script starts from. They are syntax: no script can change them.
pub(super) struct Jq {
    definitions: Vec<Def<&'static str>>,
}

impl Default for Jq {
    fn default() -> Self {
        let own = load::parse(PRELUDE, |parser| parser.defs()).unwrap_or_default();
        let theirs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        Self { definitions: theirs.chain(own).chain(rewrite::hidden()).collect() }
    }
}

impl Jq {
    /// Runs the script on the whole input: the list of all its results.
    pub(super) fn evaluate(&self, request: &Request<'_>, deadline: Deadline) -> Result<Json, Failure> {
        let filter = self.compile(&request.source)?;
        let input = jaq_json::read::parse_single(request.input.get().as_bytes())
            .map_err(|error| Failure::failed(format!("the input is not JSON: {error}")))?;
        let ctx = Ctx::<JustLut<Val>>::new(&filter.lut, Vars::new([Val::obj(jaq_json::Map::default())]));
        let mut output = Output::new(request.limits.result_bytes);
        for result in filter.id.run((ctx, input)) {
            if deadline.is_over() {
                return Err(Failure::TimedOut);
            }
            match result {
                Ok(value) => output.push(&value)?,
                Err(exception) => match exception.get_err() {
                    Ok(error) => return Err(Failure::failed(message(&error.into_val()))),
                    // `halt` ends the script with what it has given.
                    Err(_) => break,
                },
            }
        }
        bounded(output.finish(), request.limits.result_bytes)
    }

    /// Parses and resolves the script.
    pub(super) fn check(&self, source: &str) -> Result<Json, Failure> {
        self.compile(source).map(|_| Json::empty_object())
    }

    fn compile(&self, source: &str) -> Result<Filter<JustLut<Val>>, Failure> {
        let arena = Arena::default();
        let load = |definitions, code| {
            Loader::new(definitions)
                .load(&arena, File { path: (), code })
                .map_err(|errors| Failure::failed(syntax(source, errors.into_iter().map(|(_, error)| error))))
        };
        // It tells of errors in the script as it was written.
        load(Vec::new(), source)?;
        let script = format!("def {MAIN}: {source}\n;");
        let main = load::parse(&script, |parser| parser.defs()).unwrap_or_default();
        let definitions = self.definitions.iter().cloned().chain(main.into_iter().map(rewrite::definition));
        let modules = load(definitions.collect(), MAIN)?;
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs()).chain(natives::natives());
        Compiler::default()
            .with_funs(funs.filter(|(name, ..)| !REFUSED.contains(name)))
            .with_global_vars(["$ENV"])
            .compile(modules)
            .map_err(|errors| Failure::failed(undefined(errors.into_iter().flat_map(|(_, names)| names))))
    }
}

fn undefined<'a>(mut names: impl Iterator<Item = (&'a str, Undefined)>) -> String {
    match names.next() {
        Some((name, Undefined::Filter(arity))) => format!("jq: {name}/{arity} is not defined"),
        Some((name, kind)) => format!("jq: {} {name} is not defined", kind.as_str()),
        None => "jq: the script does not compile".to_owned(),
    }
}

fn syntax<'a>(source: &'a str, mut errors: impl Iterator<Item = load::Error<&'a str>>) -> String {
    let (expected, at) = match errors.next() {
        Some(load::Error::Lex(errors)) => match errors.into_iter().next() {
            Some((expected, at)) => (expected.as_str(), at),
            None => ("script", source),
        },
        Some(load::Error::Parse(errors)) => match errors.into_iter().next() {
            Some((expected, at)) => (expected.as_str(), at),
            None => ("script", source),
        },
        Some(load::Error::Io(_)) => return "jq: modules are not available".to_owned(),
        None => ("script", source),
    };
    let from = (at.as_ptr() as usize).saturating_sub(source.as_ptr() as usize);
    let line = source.get(..from).map_or(1, |before| before.matches('\n').count() + 1);
    let found: String = at.chars().take(20).collect();
    let found = if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") };
    format!("jq: syntax error, expected {expected} but found {found} (line {line})")
}

/// What `error(…)` was given, as jq prints it.
fn message(value: &Val) -> String {
    match value {
        Val::TStr(text) | Val::BStr(text) => String::from_utf8_lossy(text).into_owned(),
        other => format!("{other} (not a string)"),
    }
}
