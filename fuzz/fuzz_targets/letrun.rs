//! letrun files: no text panics, and what compiles is taken by the engine and comes back as a letrun file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use segue_core::plan;
use segue_dialects::Document;
use segue_dialects::letrun::{Options, compile, is_letrun, to_letrun};

fuzz_target!(|text: &str| {
    is_letrun(text);
    let Ok(compiled) = compile(&Document::new(text), &Options::default()) else { return };
    let planned = plan::compile(plan::blueprint(&compiled.definition, &|_| None));
    assert!(planned.is_ok(), "{:?}", planned.err());
    assert!(to_letrun(&compiled.definition).is_ok());
});
