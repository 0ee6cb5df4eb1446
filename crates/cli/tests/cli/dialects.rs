//! letrun files beside native ones: converted, registered, and the plugins of their projects.

use serde_json::json;

use crate::program::{Running, segue};

const SONG: &str = r#"{"name": "song", "title": "A song", "tasks": [
  {"name": "say", "handler": "log", "parameters": {"message": "la ${input.word ?? 'la'}"}},
  {"name": "sing", "handler": "tasks/sing.js", "parameters": {"word": "${input.word}"}}]}"#;

#[test]
fn a_file_is_converted_there_and_back_with_its_losses_told() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("song.json"), SONG).expect("written");
    let call = |args: &[&str]| segue(folder.path(), args);
    let native = call(&["convert", "song.json", "--to", "native", "-o", "native.json"]).ok();
    assert!(native.err.contains("lost: sing: ") && native.err.contains("worker"), "{}", native.err);
    call(&["def", "validate", "native.json"]).ok();
    let back = call(&["convert", "native.json", "--to", "letrun"]).ok().json();
    let song: serde_json::Value = serde_json::from_str(SONG).expect("JSON");
    assert_eq!(back["tasks"], song["tasks"]);
    let strict = call(&["convert", "song.json", "--to", "native", "--strict", "-o", "strict.json"]);
    assert_eq!((strict.code, folder.path().join("strict.json").exists()), (1, false), "{}", strict.err);
    let same = call(&["convert", "song.json", "--to", "letrun"]);
    assert_eq!((same.code, same.err.contains("a letrun file already")), (2, true), "{}", same.err);
}

#[test]
fn letrun_files_are_checked_registered_and_started() {
    let server = Running::start();
    server.write("quiet.json", r#"{"name": "quiet", "tasks": [
      {"name": "twice", "handler": "lambda", "parameters": {"expression": "input * 2", "input": "${input.n}"}}]}"#);
    server.write("song.json", SONG);
    server.write(
        "broken.json",
        r#"{"name": "broken", "tasks": [
      {"name": "a", "handler": "log"}, {"name": "a", "handler": "log"}]}"#,
    );
    let checked = server.call(&["def", "validate", "quiet.json", "song.json"]).ok();
    assert!(checked.out.contains("song.json: song version 1 is valid"), "{}", checked.out);
    assert!(checked.err.contains("does not do sing itself"), "{}", checked.err);
    let broken = server.call(&["def", "validate", "broken.json"]);
    assert_eq!((broken.code, broken.err.contains("broken.json:2:")), (2, true), "{}", broken.err);
    server.call(&["def", "register", "quiet.json"]).ok();
    let started = server.call(&["start", "quiet", "--input", r#"{"n": 4}"#, "--wait"]).ok();
    assert_eq!(started.json(), json!({"result": 8}));
    let inline = server.call(&["start", "quiet.json", "--input", r#"{"n": 5}"#, "--wait"]).ok();
    assert_eq!(inline.json(), json!({"result": 10}));
}

#[test]
fn plugins_are_listed_with_the_reason_why_some_are_not_used() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("plugins")).expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join("plugins").join(name), text).expect("written");
    };
    write(
        "count.mjs",
        "export default class { name = 'count'; type = 'post-run-task'; priority = 3; load() {} execute() {} unload() {} }",
    );
    write("keep.mjs", "export default class { name = 'keep'; type = 'persistence'; getUnit() {} }");
    write("bad.mjs", "export default 7");
    let listed = segue(folder.path(), &["plugin", "ls", "--json"]).ok();
    assert!(listed.err.contains("bad.mjs is not used"), "{}", listed.err);
    let listed = listed.json();
    assert_eq!((&listed[0]["name"], &listed[0]["unsupported"]), (&json!("count"), &json!(null)));
    assert_eq!((&listed[1]["type"], listed[1]["unsupported"].is_string()), (&json!("persistence"), true));
    let shown = segue(folder.path(), &["plugin", "show", "count"]).ok().out;
    assert!(shown.contains("post-run-task count (priority 3)") && shown.contains("execute"), "{shown}");
    let none = segue(folder.path(), &["plugin", "show", "-t", "logger"]);
    assert_eq!((none.code, none.err.contains("no plugin logger")), (2, true), "{}", none.err);
}

#[test]
fn a_plugin_brings_commands() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("plugins")).expect("a folder");
    let hug = "export default class {
        name = 'hug'; type = 'command'; load() {} unload() {}
        register(program) {
          program.command('hug').description('hugs somebody').argument('<name>').option('-t, --times <n>', 'how often', '1')
            .action((name, { times }) => `${name} is hugged ${times} times`);
        }
      }";
    std::fs::write(folder.path().join("plugins/hug.mjs"), hug).expect("written");
    let listed = segue(folder.path(), &["plugin", "run"]).ok().out;
    assert!(listed.contains("hug <name>") && listed.contains("hugs somebody"), "{listed}");
    let run = segue(folder.path(), &["plugin", "run", "hug", "Ada", "--times", "2"]).ok().out;
    assert_eq!(run, "Ada is hugged 2 times\n");
    let unknown = segue(folder.path(), &["plugin", "run", "kick"]);
    assert!(unknown.code != 0 && unknown.err.contains("no command kick"), "{}", unknown.err);
}
