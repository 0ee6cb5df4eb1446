//! The samples that letrun ships, unmodified.

use std::io;
use std::path::Path;
use std::sync::Arc;

use segue_dialects::Document;
use segue_dialects::letrun::{Options, compile, is_letrun, to_letrun};

use super::{outline, shown};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/letrun");

fn read(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path)
}

/// Samples run from a folder beside theirs.
fn beside(path: &Path) -> io::Result<String> {
    match path.file_name() {
        Some(name) => read(&Path::new(FOLDER).join(name)),
        None => Err(io::ErrorKind::NotFound.into()),
    }
}

#[test]
fn all_samples_compile_and_come_back() {
    let mut names: Vec<_> = std::fs::read_dir(FOLDER)
        .expect("the samples")
        .filter_map(|entry| entry.ok()?.path().to_str().map(str::to_owned))
        .filter(|name| name.ends_with(".json"))
        .collect();
    names.sort();
    assert_eq!(names.len(), 16);
    for name in &names {
        let text = read(Path::new(name)).expect("a sample");
        assert!(is_letrun(&text), "{name}");
        let options = Options { read: Some(Arc::new(beside)), ..Options::default() };
        let compiled = compile(&Document::new(&text).in_file(name), &options);
        let compiled = compiled.unwrap_or_else(|found| panic!("{name}: {}", shown(&found)));
        assert!(compiled.warnings.is_empty(), "{name}: {}", shown(&compiled.warnings));
        let (again, losses) = to_letrun(&compiled.definition).expect("what was one can be one again");
        let original: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((again, losses), (original, Vec::new()), "{name}");
    }
}

fn sample(name: &str) -> String {
    let text = read(&Path::new(FOLDER).join(name)).expect("a sample");
    let options = Options { read: Some(Arc::new(beside)), ..Options::default() };
    outline(&compile(&Document::new(&text), &options).expect("compiles"))
}

#[test]
fn samples_become_what_they_say() {
    insta::assert_snapshot!(sample("sample-nested.json"), @r#"
    letrun.log task2
    letrun.log task4
    letrun.log task3
    letrun.log task1
    "#);
    insta::assert_snapshot!(sample("sample-parallel.json"), @r#"
    FORK_JOIN fork
      - forkTasks[0]
        letrun.http say hello again
      - forkTasks[1]
        letrun.script say hello
    JOIN join on say hello again, say hello
    "#);
    insta::assert_snapshot!(sample("sample-if.json"), @r#"
    letrun.http task1
    letrun.if task2
    SWITCH task2_branch
      - decisionCases['true']
        letrun.script task3
      - decisionCases['false']
        letrun.script task4?
    "#);
    insta::assert_snapshot!(sample("sample-switch.json"), @r#"
    letrun.http task1
    letrun.switch task2
    SWITCH task2_branch
      - decisionCases['case1']
        letrun.script task3
        letrun.script task4
      - defaultCase
        letrun.script task5
    "#);
    insta::assert_snapshot!(sample("sample-for.json"), @r#"
    letrun.for task1_begin
    FOR_EACH task1
      - loopOver
        letrun.script task2
    "#);
    insta::assert_snapshot!(sample("sample-while.json"), @r#"
    DO_WHILE task1
      - loopOver
        letrun.while task1_test
        SWITCH task1_branch
          - decisionCases['true']
            letrun.script task2
    "#);
    insta::assert_snapshot!(sample("sample-catch.json"), @r#"
    TRY_CATCH task1
      - tryTasks
        letrun.script task2.1
        letrun.script task2
      - catchTasks
        letrun.catch task1_caught
        SWITCH task1_match
          - decisionCases['true']
            letrun.script task3
          - defaultCase
            letrun.rethrow task1_rethrow
      - finallyTasks
        letrun.script task4
    letrun.caught task1_end
    "#);
    insta::assert_snapshot!(sample("sample-run-workflow.json"), @"SUB_WORKFLOW task1");
}
