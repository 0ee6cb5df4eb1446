//! Handlers that were written for letrun, unmodified: from a file, from a folder, and from a package that is installed.

use serde_json::{Value, json};

use super::program::{Folder, beside};

/// The handlers: the name, and the file of its code.
const HANDLERS: [(&str, &str); 4] =
    [("shell", "shell.js"), ("texts", "texts.js"), ("patient", "patient.js"), ("refusing", "refusing.cjs")];

/// A project with each handler as a file, as a folder, and installed; and how a workflow names them.
fn projects() -> [(Folder, [String; 4]); 3] {
    let code = |file: &str| std::fs::read_to_string(beside(&format!("handlers/{file}"))).expect("a handler");
    let folders = || {
        let folder = Folder::new(&[("letrun.json", r#"{"task": {"timeoutSeconds": 20}}"#)]);
        for (name, file) in HANDLERS {
            let manifest = json!({ "name": name, "version": "1.2.0", "main": file });
            folder.write(&format!("made/{name}/package.json"), &manifest.to_string());
            folder.write(&format!("made/{name}/{file}"), &code(file));
        }
        folder
    };
    let files = Folder::new(&[("letrun.json", r#"{"task": {"timeoutSeconds": 20}}"#)]);
    HANDLERS.iter().for_each(|(_, file)| files.write(&format!("tasks/{file}"), &code(file)));
    let installed = folders();
    let made = HANDLERS.map(|(name, _)| format!("./made/{name}"));
    let args = ["handler", "install"].into_iter().chain(made.iter().map(String::as_str));
    installed.segue(&args.collect::<Vec<_>>()).ok();
    std::fs::remove_dir_all(installed.path("made")).expect("what is installed stands on its own");
    [
        (files, HANDLERS.map(|(_, file)| format!("script:{file}"))),
        (folders(), HANDLERS.map(|(name, _)| format!("external:./made/{name}"))),
        (installed, HANDLERS.map(|(name, _)| format!("package:{name}@1.2.0"))),
    ]
}

fn run(folder: &Folder, tasks: &Value) -> super::program::Output {
    folder.write("flow.json", &json!({ "name": "flow", "tasks": tasks }).to_string());
    folder.segue(&["run", "flow.json", "-p"])
}

#[test]
fn they_do_the_same_wherever_they_are() {
    for (folder, [shell, texts, patient, refusing]) in &projects() {
        let refuse = |kind: &str| {
            json!({ "handler": refusing, "retryCount": 1, "ignoreError": true,
                "parameters": { "kind": kind, "count": format!("{kind}.count") } })
        };
        let yielded = run(
            folder,
            &json!({
                "a": { "handler": shell, "parameters": { "cmd": "echo", "args": ["[1]"] } },
                "b": { "handler": format!("{texts}:upper"), "parameters": { "text": "ab", "times": "2" } },
                "c": { "handler": format!("{texts}:LOWER"), "parameters": { "text": "AB" } },
                "d": refuse("InvalidParameterError"),
                "e": refuse("IllegalStateError"),
                "f": refuse("ConfigNotFoundError"),
                "g": refuse("InterruptInvokeError"),
                "h": refuse("RerunError"),
                "i": refuse("TypeError"),
            }),
        );
        let yielded = yielded.ok().json();
        assert_eq!(
            yielded.as_array().map(|all| &all[..3]),
            Some(&[json!([1]), json!("ABAB"), json!("ab")][..])
        );
        for kind in [
            "InvalidParameterError",
            "IllegalStateError",
            "ConfigNotFoundError",
            "InterruptInvokeError",
            "RerunError",
        ] {
            assert_eq!(folder.read(&format!("{kind}.count")).as_deref(), Some("x"), "{refusing}: {kind}");
        }
        assert_eq!(
            folder.read("TypeError.count").as_deref(),
            Some("xx"),
            "{refusing}: others are tried again"
        );

        let refused =
            run(folder, &json!([{ "name": "a", "handler": shell, "parameters": { "command": "echo" } }]))
                .failed();
        assert!(refused.err.contains("Invalid parameters: \"cmd\" is required"), "{}", refused.err);
        let unnamed = run(folder, &json!([{ "name": "a", "handler": texts }])).failed();
        assert!(unnamed.err.contains("Task name is required"), "{}", unnamed.err);

        // A sibling that fails ends the one that waits, which is told.
        let begun = json!({
            "waits": { "handler": patient, "parameters": { "path": "told" } },
            "fails": { "handler": shell, "retryCount": 0, "parameters": { "cmd": "sh", "args": ["-c", "sleep 0.3; exit 9"] } },
        });
        let failed = run(folder, &begun).failed();
        assert!(failed.err.contains("Process failed with code 9"), "{}", failed.err);
        folder.until("told", |text| text == "stopped");
    }
}
