//! Handlers of a project: what there is, what they take, how they are installed.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::program::{Output, segue};

const GREET: &str = "import Joi from 'joi';
export default class Greet {
  name = 'greet';
  description = 'greets somebody';
  parameters = Joi.object({ name: Joi.string().required().description('who it is') });
  handle({ task }) { return `Hello ${task.parameters.name}`; }
}";

const DUO: &str = "exports.First = class { name = 'first'; handle() { return 1; } };
exports.Second = class { name = 'second'; description = 'comes later'; handle() { return 2; } };";

/// A package with one task, `shout`.
fn package(folder: &Path, version: &str, dependencies: &Value) {
    std::fs::create_dir_all(folder).expect("a folder");
    let manifest =
        json!({"name": "@songs/shout", "version": version, "main": "main.js", "dependencies": dependencies});
    std::fs::write(folder.join("package.json"), manifest.to_string()).expect("written");
    let code =
        "module.exports.default = class { handle({ task }) { return task.parameters.text.toUpperCase(); } };";
    std::fs::write(folder.join("main.js"), code).expect("written");
}

struct Project(tempfile::TempDir);

impl Project {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("tasks/group")).expect("a folder");
        std::fs::write(folder.path().join("tasks/greet.js"), GREET).expect("written");
        std::fs::write(folder.path().join("tasks/group/two.py"), "def handle(input):\n    return 2\n")
            .expect("written");
        std::fs::write(folder.path().join("letrun.json"), "{}").expect("written");
        let duo = folder.path().join("tasks/duo");
        std::fs::create_dir_all(&duo).expect("a folder");
        std::fs::write(duo.join("package.json"), r#"{"name": "duo", "version": "2.0.0"}"#).expect("written");
        std::fs::write(duo.join("index.js"), DUO).expect("written");
        Self(folder)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn call(&self, args: &[&str]) -> Output {
        segue(self.0.path(), args)
    }

    fn lock(&self) -> Value {
        let text = std::fs::read_to_string(self.path("segue-handlers.lock")).expect("a lock file");
        serde_json::from_str(&text).expect("JSON")
    }
}

#[test]
fn handlers_are_listed_shown_and_run() {
    let project = Project::new();
    let own = project.call(&["handler", "ls", "-c", "--with", "description", "--json"]).ok().json();
    let one =
        |handler: &str| own.as_array().into_iter().flatten().find(|one| one["handler"] == handler).cloned();
    assert_eq!(one("script:greet.js").expect("greet")["description"], "greets somebody");
    assert_eq!(one("script:group/two.py").expect("two")["group"], "group");
    assert_eq!(one("external:duo").expect("duo")["kind"], "module");
    let all = project.call(&["handler", "ls"]).ok().out;
    assert!(all.contains("http") && all.contains("script:group/two.py"), "{all}");

    let shown = project.call(&["handler", "show", "greet"]).ok().out;
    assert!(
        shown.contains("greets somebody") && shown.contains("name: string (required): who it is"),
        "{shown}"
    );
    let duo = project.call(&["handler", "show", "duo"]).ok().out;
    assert!(duo.contains("group duo 2.0.0") && duo.contains("first") && duo.contains("comes later"), "{duo}");
    assert!(!project.call(&["handler", "show", "second", "-g", "duo"]).ok().out.contains("first"));
    assert_eq!(project.call(&["handler", "run", "first", "-g", "duo"]).ok().out, "1\n");
    let log = project.call(&["handler", "show", "log"]).ok().out;
    assert!(log.contains("level: string, one of debug info warn error"), "{log}");
    let meta = project.call(&["handler", "meta", "greet", "-o", "greet.meta.json", "-p"]).ok().json();
    assert_eq!(meta["tasks"][0]["parameters"]["keys"]["name"]["type"], "string");
    assert!(project.path("greet.meta.json").is_file());

    let ran = project.call(&["handler", "run", "greet", "-i", r#"{"name": "Ada"}"#, "-p"]).ok();
    assert_eq!((ran.out.as_str(), ran.err.as_str()), ("Hello Ada", ""));
    assert_eq!(project.call(&["handler", "run", "two", "-g", "group"]).ok().out, "2\n");
    let refused = project.call(&["handler", "run", "greet", "-i", "{}"]);
    assert_eq!((refused.code, refused.err.contains("\"name\" is required")), (1, true), "{}", refused.err);
    for (name, said) in
        [("nobody", "there is no handler \"nobody\""), ("if", "does nothing without the tasks")]
    {
        let refused = project.call(&["handler", "run", name]);
        assert_eq!((refused.code, refused.err.contains(said)), (2, true), "{}", refused.err);
    }
}

#[test]
fn folders_and_tarballs_are_installed_and_restored() {
    let project = Project::new();
    package(&project.path("shout"), "1.0.0", &json!({}));
    assert_eq!(project.call(&["handler", "install", "./shout"]).ok().out, "@songs/shout@1.0.0 installed\n");
    assert_eq!(
        project.call(&["handler", "install", "./shout"]).ok().out,
        "@songs/shout@1.0.0 is there already\n"
    );
    let call = ["handler", "run", "package:@songs/shout@^1", "-i", r#"{"text": "ha"}"#];
    assert_eq!(project.call(&call).ok().out, "HA\n");
    assert_eq!(project.lock()["handlers"][0]["source"], "folder:shout");

    // What `npm pack` writes.
    package(&project.path("packed/package"), "1.1.0", &json!({}));
    let tar = Command::new("tar")
        .args(["czf", "../shout.tgz", "package"])
        .current_dir(project.path("packed"))
        .status();
    assert!(tar.expect("tar").success());
    project.call(&["handler", "install", "shout.tgz"]).ok();
    let versions = project.call(&["handler", "versions", "--json"]).ok().json();
    assert_eq!((&versions[0]["version"], &versions[1]["version"]), (&json!("1.0.0"), &json!("1.1.0")));

    // Elsewhere the lock file brings the same, and what is not the same is refused.
    std::fs::remove_dir_all(project.path(".segue")).expect("removed");
    let plan = project.call(&["handler", "install", "-d"]).ok().out;
    assert_eq!(plan, "folder:shout would be installed\ntarball:shout.tgz would be installed\n");
    let restored = project.call(&["handler", "install"]).ok().out;
    assert_eq!(restored, "@songs/shout@1.0.0 installed\n@songs/shout@1.1.0 installed\n");
    std::fs::remove_dir_all(project.path(".segue")).expect("removed");
    std::fs::write(project.path("shout/more.js"), "").expect("written");
    let refused = project.call(&["handler", "install"]);
    assert_eq!((refused.code, refused.err.contains("its content is not what")), (1, true), "{}", refused.err);
    let left: Vec<_> = std::fs::read_dir(project.path(".segue/handlers"))
        .expect("the store")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(left, [".lock"], "nothing is half installed");
    assert_eq!(project.call(&["handler", "install", "./shout"]).ok().out, "@songs/shout@1.0.0 installed\n");
    for (spec, said) in [("./nowhere", "there is no folder"), ("Bad Name", "nothing that can be installed")] {
        let refused = project.call(&["handler", "install", spec]);
        assert_eq!((refused.code, refused.err.contains(said)), (2, true), "{}", refused.err);
    }
}

#[test]
fn npm_finds_packages_and_what_they_depend_on() {
    let project = Project::new();
    let registry = registry();
    let flow = json!({"name": "flow", "tasks": [
        {"name": "loud", "handler": "package:@songs/shout@^1.0.0", "parameters": {"text": "ha"}},
        {"name": "own", "handler": "greet", "parameters": {"name": "Ada"}}]});
    std::fs::write(project.path("flow.json"), flow.to_string()).expect("written");
    let plan = project.call(&["handler", "install", "--from", "flow.json", "-d"]).ok().out;
    assert_eq!(plan, "npm:@songs/shout@^1.0.0 would be installed\n");

    std::fs::write(
        project.path(".npmrc"),
        format!("registry={registry}\ncache={}\n", project.path("cache").display()),
    )
    .expect("written");
    assert_eq!(
        project.call(&["handler", "install", "--from", "flow.json"]).ok().out,
        "@songs/shout@1.2.0 installed\n"
    );
    assert_eq!(project.call(&["run", "flow.json"]).ok().out, "Hello Ada\n");
    let locked = project.lock()["handlers"][0].clone();
    assert_eq!(locked["packages"]["node_modules/words"]["version"], "0.1.0");
    assert!(locked["integrity"].as_str().is_some_and(|text| text.starts_with("sha512-")), "{locked}");
    std::fs::remove_dir_all(project.path(".segue")).expect("removed");
    assert_eq!(project.call(&["handler", "install"]).ok().out, "@songs/shout@1.2.0 installed\n");
    assert_eq!(
        project.call(&["handler", "install", "@songs/shout@1.2.0"]).ok().out,
        "@songs/shout@1.2.0 is there already\n"
    );
    assert!(!project.path(".segue/handlers/@songs/shout@1.2.0/.npmrc").exists(), "keys do not stay there");
    let missing = project.call(&["handler", "install", "nobody-has-it"]);
    assert_eq!(
        (missing.code, missing.err.contains("npm could not install it")),
        (3, true),
        "{}",
        missing.err
    );
}

/// A registry with two packages, for as long as the test runs.
fn registry() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    package(&folder.path().join("shout/package"), "1.2.0", &json!({"words": "^0.1.0"}));
    let words = folder.path().join("words/package");
    std::fs::create_dir_all(&words).expect("a folder");
    let manifest = json!({"name": "words", "version": "0.1.0", "main": "index.js"});
    std::fs::write(words.join("package.json"), manifest.to_string()).expect("written");
    std::fs::write(words.join("index.js"), "").expect("written");
    let mut files = Vec::new();
    for (path, name, version, dependencies) in [
        ("shout", "@songs/shout", "1.2.0", json!({"words": "^0.1.0"})),
        ("words", "words", "0.1.0", json!({})),
    ] {
        let packed =
            Command::new("tar").args(["czf", "-", "package"]).current_dir(folder.path().join(path)).output();
        let packed = packed.expect("tar").stdout;
        let tarball = format!("{url}/{path}.tgz");
        let integrity = integrity(&packed);
        let one = json!({"name": name, "version": version, "dependencies": dependencies,
            "dist": {"tarball": tarball, "integrity": integrity}});
        let all = json!({"name": name, "dist-tags": {"latest": version}, "versions": {version: one}});
        files.push((format!("/{}", name.replace('/', "%2f")), all.to_string().into_bytes()));
        files.push((format!("/{path}.tgz"), packed));
    }
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let Ok(reading) = stream.try_clone() else { return };
            let mut lines = BufReader::new(reading).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            for _ in lines.by_ref().take_while(|line| !line.is_empty()) {}
            let path = first.split(' ').nth(1).unwrap_or_default().to_lowercase();
            let found = files.iter().find(|(name, _)| *name == path).map(|(_, body)| body.as_slice());
            let (status, body) = found.map_or(("404 Not Found", &b"{}"[..]), |body| ("200 OK", body));
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        }
    });
    url
}

fn integrity(packed: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    let hash = sha2::Sha512::digest(packed);
    format!("sha512-{}", base64::engine::general_purpose::STANDARD.encode(hash))
}
