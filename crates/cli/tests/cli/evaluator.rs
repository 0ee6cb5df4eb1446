//! Scripts in children of the program as it is shipped, with its allocator.

use segue_core::json::Json;
use segue_handlers::{Evaluation, EvaluationError, EvaluatorOptions, Evaluators, Form, Language};

#[tokio::test]
async fn the_program_runs_scripts_within_their_memory() {
    let program = Some(env!("CARGO_BIN_EXE_segue").into());
    // A limit of time that only a hang would meet: what is to be seen is the one of memory.
    let time_limit = std::time::Duration::from_secs(60);
    let evaluators = Evaluators::new(EvaluatorOptions { program, time_limit, ..EvaluatorOptions::default() });
    let run = |language, source: &str| {
        let input = Json::parse(r#"{"a":[1,2]}"#.to_owned()).expect("JSON");
        let (source, share) = (source.into(), "test".into());
        evaluators.evaluate(Evaluation { language, form: Form::Expression, source, input, share })
    };
    for (language, source, text) in
        [(Language::JavaScript, "$.a.length", "2"), (Language::Jq, ".a[]", "[1,2]")]
    {
        assert_eq!(run(language, source).await.expect(source).text(), text);
    }
    for (language, source) in [
        (Language::JavaScript, "let a = []; for (;;) a.push(new Uint8Array(1e6))"),
        (Language::Jq, "\"x\" * 1000000000"),
        (Language::Jq, "[range(1e9)]"),
    ] {
        assert_eq!(run(language, source).await, Err(EvaluationError::OutOfMemory), "{source}");
    }
    assert_eq!(run(Language::Jq, "[range(1e5)] | length").await.expect("a result").text(), "[100000]");
}
