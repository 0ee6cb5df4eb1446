//! JavaScript by QuickJS: a fresh runtime for each script, `$` as its only global, JSON as its only way out.

use std::cell::Cell;
use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::promise::MaybePromise;
use rquickjs::{Coerced, Context, Ctx, Exception, FromJs, Function, Object, Runtime, Undefined, Value};
use segue_core::json::Json;

use super::deadline::Deadline;
use super::frames::{Failure, Request, bounded};
use crate::Form;

/// The interpreter's own measure of recursion, well inside the thread's stack.
const STACK_BYTES_MAX: usize = 4 << 20;

/// Lets scripts that were written for other engines log into nothing.
const PRELUDE: &str =
    "var print=function(){},console={log:print,info:print,warn:print,error:print,debug:print};";

/// What JSON has no word for becomes null, as it does in a map of the JVM; an integer of any length a number.
const REPLACER: &str = "(function(key,value){switch(typeof value){\
    case 'undefined':case 'function':case 'symbol':return null;case 'bigint':return Number(value)}return value})";

/// An integer of any length is a number.
const NUMBERS: &str = "(function(key,value){return typeof value==='bigint'?Number(value):value})";

/// Runs the script on its input.
pub(super) fn evaluate(request: &Request<'_>, deadline: Deadline) -> Result<Json, Failure> {
    let source = match request.form {
        Form::Expression => request.source.clone().into_owned(),
        Form::Body => format!("(function(){{{}\n}})()", request.source),
    };
    in_fresh_context(request, deadline, |script| {
        script.eval::<Value<'_>>(PRELUDE)?;
        let replacer: Function<'_> = script.eval(REPLACER)?;
        script.globals().set("$", script.json_parse(request.input.get())?)?;
        let value: Value<'_> = script.eval(source)?;
        let text = script.json_stringify_replacer(value, replacer)?;
        let text = text.map_or_else(|| Ok("null".to_owned()), |text| text.to_string());
        Ok(without_lone_surrogates(text?))
    })
    .and_then(|text| bounded(text, request.limits.result_bytes))
}

/// Runs the script as a program whose globals are the input's fields: `{"result": …}`.
pub(super) fn run(request: &Request<'_>, deadline: Deadline) -> Result<Json, Failure> {
    in_fresh_context(request, deadline, |script| {
        script.eval::<Value<'_>>(PRELUDE)?;
        let replacer: Function<'_> = script.eval(NUMBERS)?;
        let globals = script.globals();
        // Reading it is no error when there is none.
        globals.set("input", Undefined)?;
        if let Some(names) = script.json_parse(request.input.get())?.as_object() {
            for field in names.props::<String, Value<'_>>() {
                let (name, value) = field?;
                globals.set(name, value)?;
            }
        }
        let value: MaybePromise<'_> = script.eval(request.source.clone().into_owned())?;
        let result = Object::new(script.0.clone())?;
        result.set("result", value.finish::<Value<'_>>()?)?;
        let text = script.json_stringify_replacer(result, replacer)?;
        let text = text.map_or_else(|| Ok("{}".to_owned()), |text| text.to_string());
        Ok(without_lone_surrogates(text?))
    })
    .and_then(|text| bounded(text, request.limits.result_bytes))
}

/// Compiles the script and runs nothing of it.
pub(super) fn check(request: &Request<'_>, deadline: Deadline) -> Result<Json, Failure> {
    let source = match request.form {
        Form::Expression => format!("if(false){{{}\n}}", request.source),
        Form::Body => format!("if(false){{(function(){{{}\n}})}}", request.source),
    };
    in_fresh_context(request, deadline, |script| {
        script.eval::<Value<'_>>(source)?;
        Ok(String::new())
    })?;
    Ok(Json::empty_object())
}

/// A context in which sloppy code runs, as definitions are written in it.
struct Script<'js>(Ctx<'js>);

impl<'js> std::ops::Deref for Script<'js> {
    type Target = Ctx<'js>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'js> Script<'js> {
    fn eval<V: FromJs<'js>>(&self, source: impl Into<Vec<u8>>) -> rquickjs::Result<V> {
        let mut options = EvalOptions::default();
        options.strict = false;
        self.0.eval_with_options(source, options)
    }
}

fn in_fresh_context(
    request: &Request<'_>,
    deadline: Deadline,
    run: impl for<'js> FnOnce(&Script<'js>) -> rquickjs::Result<String>,
) -> Result<String, Failure> {
    let runtime = Runtime::new().map_err(|_| Failure::OutOfMemory)?;
    runtime.set_memory_limit(usize::try_from(request.limits.memory_bytes).unwrap_or(usize::MAX));
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    let is_late = Rc::new(Cell::new(false));
    let seen = Rc::clone(&is_late);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        seen.set(seen.get() || deadline.is_over());
        seen.get()
    })));
    let context = Context::full(&runtime).map_err(|_| Failure::OutOfMemory)?;
    context.with(|ctx| {
        let script = Script(ctx);
        match run(&script) {
            Ok(text) => Ok(text),
            Err(_) if is_late.get() => Err(Failure::TimedOut),
            Err(error) => {
                let thrown = script.catch();
                // QuickJS throws null when it has no memory for an error. Few scripts do.
                if thrown.is_null() && error.is_exception() && !request.source.contains("throw null") {
                    return Err(Failure::OutOfMemory);
                }
                Err(failure(&script, &error, thrown))
            }
        }
    })
}

fn failure<'js>(ctx: &Ctx<'js>, error: &rquickjs::Error, thrown: Value<'js>) -> Failure {
    if matches!(error, rquickjs::Error::WouldBlock) {
        return Failure::failed("the script waits for something that never happens");
    }
    if !error.is_exception() {
        return Failure::failed(error.to_string());
    }
    let Some(exception) = thrown.as_exception() else {
        let text = Coerced::<String>::from_js(ctx, thrown).map(|text| text.0);
        return Failure::failed(
            text.unwrap_or_else(|_| "the script threw something without a text".to_owned()),
        );
    };
    let name = exception.get::<_, String>("name").unwrap_or_else(|_| "Error".to_owned());
    let message = exception.message().unwrap_or_default();
    if name == "InternalError" && message == "out of memory" {
        return Failure::OutOfMemory;
    }
    match line(&name, exception) {
        Some(line) => Failure::failed(format!("{name}: {message} (line {line})")),
        None => Failure::failed(format!("{name}: {message}")),
    }
}

/// The line at which a script does not parse. Other errors speak of values, not of places.
fn line(name: &str, exception: &Exception<'_>) -> Option<u32> {
    if name != "SyntaxError" {
        return None;
    }
    let stack = exception.stack()?;
    let place = stack.lines().next()?.trim().strip_prefix("at eval_script:")?;
    place.split(':').next()?.parse().ok()
}

/// `JSON.stringify` writes half a surrogate pair as an escape that other readers refuse.
fn without_lone_surrogates(text: String) -> String {
    if !text.contains("\\ud") {
        return text;
    }
    let mut result = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        result.push_str(before);
        let is_surrogate = escape.starts_with("\\ud") && escape.is_char_boundary(6);
        let length = if is_surrogate { 6 } else { 2 };
        result.push_str(if is_surrogate { "\\ufffd" } else { &escape[..length] });
        rest = &escape[length..];
    }
    result + rest
}
