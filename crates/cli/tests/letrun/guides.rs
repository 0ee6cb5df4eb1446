//! What letrun's guides show, word for word.

use serde_json::json;

use super::program::{Folder, beside};

fn guide(file: &str) -> String {
    std::fs::read_to_string(beside(&format!("guides/{file}"))).expect("a file of the guide")
}

/// A handler that writes down when it begins and ends, and between the two waits until `awaited` is written.
fn handler(awaited: &str) -> String {
    format!(
        "import fs from 'node:fs';
import {{ setTimeout }} from 'node:timers/promises';
export default class {{
  async handle({{ task }}) {{
    fs.appendFileSync('log', `begin ${{task.runtimeName}}\\n`);
    while (!fs.readFileSync('log', 'utf8').includes('{awaited}')) await setTimeout(5);
    fs.appendFileSync('log', `end ${{task.runtimeName}} ${{Object.values(task.parameters ?? {{}})}}\\n`);
  }}
}}"
    )
}

/// The example of the structure of tasks, its handlers found by their bare names. The game cannot end before the song is
/// copied, and the song is not copied before the game has begun: with a barrier between the two nothing would move.
#[test]
fn nested_tasks_go_on_beside_one_that_still_runs() {
    let folder = Folder::new(&[
        ("flows/daily.json", &guide("nested.json")),
        ("flows/game.js", &handler("begin copy_song")),
        ("flows/music_player.js", &handler("begin")),
        ("tasks/download.js", &handler("begin play_game")),
        ("copy.js", &handler("begin play_game")),
        ("letrun.json", "{}"),
    ]);
    folder.segue(&["run", "flows/daily.json", "--pipe"]).ok();
    let log = folder.read("log").expect("a log");
    let lines: Vec<&str> = log.lines().collect();
    let at = |begin: &str| {
        let found = lines.iter().position(|line| line.starts_with(begin));
        found.unwrap_or_else(|| panic!("{begin}: {lines:?}"))
    };
    assert_eq!(lines.len(), 8, "each once: {lines:?}");
    assert!(at("end download_song") < at("begin copy_song"), "{lines:?}");
    assert!(at("end copy_song") < at("begin listen_to_music"), "{lines:?}");
    assert!(
        at("begin play_game") < at("begin copy_song") && at("begin copy_song") < at("end play_game"),
        "{lines:?}"
    );
    assert!(lines.contains(&"end listen_to_music Baby Shark"), "{lines:?}");
    assert!(lines.contains(&"end copy_song baby-shark.mp3,music/baby-shark.mp3"), "{lines:?}");
}

/// A package of one task that says who it is.
fn single(name: &str) -> String {
    format!("export default class {{ handle() {{ return '{name}'; }} }}")
}

/// A package of two tasks that say who they are.
fn grouped(version: &str) -> String {
    format!(
        "exports.Read = class {{ name = 'read'; handle({{ task }}) {{ return `{version} read ${{task.parameters.path}}`; }} }};
exports.Write = class {{ name = 'write'; handle() {{ return '{version} write'; }} }};"
    )
}

#[test]
fn each_of_the_four_forms_of_a_handler_is_found() {
    let manifest = |name: &str, version: &str| {
        json!({ "name": name, "version": version, "main": "index.js" }).to_string()
    };
    let installed = ".segue/handlers/@letrun-task/file@0.0.1/node_modules/@letrun-task/file";
    let flow = json!({ "name": "four", "tasks": {
        "a": { "handler": "package:@letrun-task/file@0.0.1:read", "parameters": { "path": "x" } },
        "b": { "handler": "package:example-task" },
        "c": { "handler": "external:./tasks/example-task" },
        "d": { "handler": "script:./tasks/example-task.js" },
        "e": { "handler": "package:@letrun-task/file:write" },
    }});
    let folder = Folder::new(&[
        ("flow.json", &flow.to_string()),
        ("node_modules/@letrun-task/file/package.json", &manifest("@letrun-task/file", "0.0.2")),
        ("node_modules/@letrun-task/file/index.js", &grouped("0.0.2")),
        (&format!("{installed}/package.json"), &manifest("@letrun-task/file", "0.0.1")),
        (&format!("{installed}/index.js"), &grouped("0.0.1")),
        (
            "node_modules/example-task/package.json",
            r#"{"name": "example-task", "version": "1.0.0", "type": "module"}"#,
        ),
        ("node_modules/example-task/index.js", &single("package")),
        (
            "tasks/example-task/package.json",
            r#"{"name": "example-task", "type": "module", "main": "lib/index.js"}"#,
        ),
        ("tasks/example-task/lib/index.js", &single("external")),
        ("tasks/example-task.js", &single("script")),
    ]);
    let output = folder.segue(&["run", "flow.json", "--pipe"]).ok();
    assert_eq!(output.json(), json!(["0.0.1 read x", "package", "external", "script", "0.0.2 write"]));
    folder.write("flow.json", &flow.to_string().replace("0.0.1", "0.0.3"));
    let output = folder.segue(&["run", "flow.json", "--pipe"]).failed();
    assert!(output.err.contains("segue handler install @letrun-task/file@0.0.3"), "{}", output.err);
}

/// With the guide's plugin, in each of the languages that a plugin may be in.
#[test]
fn the_invoker_of_the_guide_refuses_handlers_and_lets_system_tasks_through() {
    let system = json!({ "name": "system", "tasks": [
        { "name": "each", "handler": "iterate", "parameters": { "items": [1, 2] }, "loopOver": [
            { "name": "i", "handler": "if", "parameters": { "left": "${each.output.item}", "operator": ">", "right": 1 },
              "then": [{ "name": "big", "handler": "log", "parameters": { "message": "big ${each.output.item}" } }],
              "else": [{ "name": "small", "handler": "log", "parameters": { "message": "small ${each.output.item}" } }] }] },
        { "name": "count", "handler": "for", "parameters": { "from": 1, "to": 3 }, "loopOver": [
            { "name": "twice", "handler": "lambda", "parameters": { "expression": "input * 2", "input": "${count.output.index}" } }] },
        { "name": "while", "handler": "while", "parameters": { "expression": "task.output.iteration < 2" }, "loopOver": [
            { "name": "again", "handler": "delay", "parameters": { "time": 1 } }] },
        { "name": "choose", "handler": "switch", "parameters": { "expression": "a" }, "decisionCases": {
            "a": [{ "name": "chosen", "handler": "delay", "parameters": { "time": 1, "data": "A" } }] } },
        { "name": "guard", "handler": "catch",
          "tasks": [{ "name": "bad", "handler": "lambda", "retryCount": 0, "parameters": { "expression": "null.x" } }],
          "catch": [{ "name": "caught", "handler": "log", "parameters": { "message": "caught ${task.output.error.name}" } }] },
        { "name": "child", "handler": "workflow", "parameters": { "workflow": { "name": "inner", "tasks": [
            { "name": "in", "handler": "delay", "parameters": { "time": 1, "data": "in" } }] } } },
        { "name": "all", "handler": "delay", "parameters": { "time": 1, "data": [
            "${each.output.iteration}", "${twice.output}", "${while.output.iteration}", "${chosen.output}",
            "${guard.output.handledBlocks}", "${child.output}"] } },
    ]});
    let external =
        json!({ "name": "external", "tasks": [{ "name": "mine", "handler": "mine.js", "retryCount": 0 }] });
    for file in ["guide-task-invoker.ts", "guide-task-invoker.js"] {
        let folder = Folder::new(&[
            (&format!("plugins/{file}"), &guide(file)),
            ("system.json", &system.to_string()),
            ("external.json", &external.to_string()),
            ("mine.js", "export default class { handle() { return 'ran'; } }"),
        ]);
        let output = folder.segue(&["run", "external.json", "--pipe"]).failed();
        let refusal = "We don't support external task handlers yet ;)";
        assert!(output.err.contains(refusal) && output.out.is_empty(), "{file}: {}", output.err);
        let output = folder.segue(&["run", "system.json"]).ok();
        assert_eq!(output.json(), json!([2, 6, 2, "A", ["catch"], "in"]), "{file}");
        for line in ["info: small 1", "info: big 2", "info: caught TypeError"] {
            assert!(output.err.contains(line), "{file}: {line}: {}", output.err);
        }
        std::fs::remove_file(folder.path(&format!("plugins/{file}"))).expect("removed");
        assert_eq!(folder.segue(&["run", "external.json", "--pipe"]).ok().out, "ran", "without the plugin");
    }
}
