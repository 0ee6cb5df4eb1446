//! The documents tell the truth: their sessions are played against a server, their definitions are checked.
//!
//! A document that shows files by name is played in a [`folder`] with these files; what follows is about the others. A block whose lines are commands is a session; `$ ` before them is optional, lines without it under one are its output,
//! in which `…` stands for anything, and ids and instants may differ. `ID` is the last id that was printed.
//! Rust blocks are compiled with the crate that they are about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::program::{Running, segue};

mod folder;

use folder::Folder;

/// Documents whose Rust blocks a crate compiles as its documentation tests.
const COMPILED: [&str; 1] = ["docs/guides/rust-worker.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

struct Block {
    document: String,
    line: usize,
    language: String,
    /// The file that it shows.
    file: Option<String>,
    text: Vec<String>,
}

impl Block {
    fn place(&self) -> String {
        format!("{}:{}", self.document, self.line)
    }
}

fn documents() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn blocks(path: &Path) -> Vec<Block> {
    let document = path.strip_prefix(root()).expect("inside").display().to_string();
    let text = std::fs::read_to_string(path).expect("readable");
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_inside = false;
    for (line, content) in (1..).zip(text.lines()) {
        match content.strip_prefix("```") {
            Some(language) if !is_inside => {
                let (language, file) = match language.split_once(' ') {
                    Some((language, file)) => (language.to_owned(), Some(file.to_owned())),
                    None => (language.to_owned(), None),
                };
                blocks.push(Block { document: document.clone(), line, language, file, text: Vec::new() });
                is_inside = true;
            }
            Some(_) => is_inside = false,
            None if is_inside => blocks.last_mut().expect("open").text.push(content.to_owned()),
            None => {}
        }
    }
    blocks
}

#[test]
fn every_example_in_the_documents_works() {
    let mut played = 0;
    for path in documents() {
        let blocks = blocks(&path);
        if has_files(&blocks) {
            continue;
        }
        let mut session = Session::default();
        for block in blocks {
            let place = block.place();
            match block.language.as_str() {
                "" | "sh" | "console" => {
                    session.play(&place, &block.text);
                    played += 1;
                }
                "json" | "yaml" => check_data(&place, &block),
                "text" => {}
                language if language.starts_with("rust") => {
                    assert!(COMPILED.contains(&block.document.as_str()), "{place}: nobody compiles this");
                }
                other => panic!("{place}: no test knows what to do with {other:?}"),
            }
        }
    }
    assert!(played >= 8, "only {played} sessions were found");
}

fn has_files(blocks: &[Block]) -> bool {
    blocks.iter().any(|block| block.file.is_some())
}

/// Each document in a thread of its own: most of the time is spent starting programs.
#[test]
fn every_document_with_files_works() {
    let documents: Vec<_> = documents()
        .into_iter()
        .map(|path| (blocks(&path), path))
        .filter(|(blocks, _)| has_files(blocks))
        .collect();
    let commands: usize = std::thread::scope(|scope| {
        let threads: Vec<_> =
            documents.iter().map(|(blocks, path)| scope.spawn(|| play(blocks, path))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it works")).sum()
    });
    assert!(commands >= 30, "only {commands} commands were found");
}

/// Plays a document, and writes it anew if that is asked for. Returns how many commands it has.
fn play(blocks: &[Block], path: &Path) -> usize {
    let mut folder = Folder::of(blocks);
    let text = std::fs::read_to_string(path).expect("readable");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut commands = 0;
    let played: Vec<_> = blocks.iter().map(|block| (block, folder.play(block))).collect();
    for (block, played) in played.into_iter().rev() {
        lines.splice(block.line..block.line + block.text.len(), played.text);
        commands += played.commands;
    }
    if folder::is_recording() {
        std::fs::write(path, lines.join("\n") + "\n").expect("written");
    }
    commands
}

/// Data are what they say; a definition is valid.
fn check_data(place: &str, block: &Block) {
    let text = block.text.join("\n");
    if block.language == "json" {
        let value: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{place}: {error}"));
        if value.get("tasks").is_none() {
            return;
        }
    }
    let directory = tempfile::tempdir().expect("a directory");
    let name = format!("example.{}", block.language);
    std::fs::write(directory.path().join(&name), text).expect("written");
    let output = segue(directory.path(), &["def", "validate", &name]);
    assert_eq!(output.code, 0, "{place}: {}", output.err);
}

/// The sessions of one document, against one server.
#[derive(Default)]
struct Session {
    server: Option<Running>,
    workers: Vec<Child>,
    last_id: String,
    ids: BTreeMap<String, String>,
}

impl Session {
    fn play(&mut self, place: &str, lines: &[String]) {
        let mut index = 0;
        while index < lines.len() {
            let line = lines[index].strip_prefix("$ ").unwrap_or(&lines[index]);
            let command = line.split("  #").next().unwrap_or_default().trim().to_owned();
            let output: Vec<&str> = lines[index + 1..]
                .iter()
                .take_while(|line| lines[0].starts_with("$ ") && !line.starts_with("$ "))
                .map(String::as_str)
                .collect();
            self.command(place, &command, &output);
            index += 1 + output.len();
        }
    }

    fn command(&mut self, place: &str, command: &str, expected: &[&str]) {
        let words: Vec<&str> = command.trim_end_matches(" &").split_whitespace().collect();
        let words: &[&str] = if words[0].starts_with("SEGUE_SERVER=") { &words[1..] } else { &words };
        match words {
            ["segue", "server", ..] => {
                self.server();
            }
            ["segue", "bench", ..] => {}
            ["segue", arguments @ ..] => self.segue(place, arguments, expected),
            ["make", target, ..] => {
                let makefile = std::fs::read_to_string(root().join("Makefile")).expect("a Makefile");
                assert!(makefile.contains(&format!("\n{target}:")), "{place}: no target {target}");
            }
            ["cargo", "run", rest @ ..] => self.cargo_run(place, rest),
            ["cargo", "test", "-p", crate_name, ..] => {
                let folder = root().join("crates").join(crate_name.trim_start_matches("segue-"));
                assert!(folder.is_dir(), "{place}: no crate {crate_name}");
            }
            ["cargo", "install", "--path", path] => assert!(root().join(path).is_dir(), "{place}"),
            other => panic!("{place}: no test knows the command {other:?}"),
        }
    }

    fn server(&mut self) -> &Running {
        self.server.get_or_insert_with(Running::start)
    }

    fn segue(&mut self, place: &str, arguments: &[&str], expected: &[&str]) {
        let url = self.server().url.clone();
        let mut all = vec!["--server".to_owned(), url];
        all.extend(arguments.iter().map(|word| match *word {
            "ID" => self.last_id.clone(),
            word => self.ids.get(word).cloned().unwrap_or_else(|| word.to_owned()),
        }));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let output = segue(&root(), &all);
        assert_eq!(output.code, 0, "{place}: {arguments:?}: {} {}", output.out, output.err);
        let printed = output.out.trim().to_owned();
        if uuid(&printed).is_some_and(|id| id.len() == printed.len()) {
            if let Some(shown) = expected.first().filter(|line| uuid(line).is_some()) {
                self.ids.insert((*shown).to_owned(), printed.clone());
            }
            self.last_id = printed;
        }
        let mut actual = output.out.lines().map(masked);
        for line in expected {
            let Some((head, _)) = line.split_once('…') else {
                let wanted = masked(line);
                let found = actual.any(|actual| actual == wanted);
                assert!(found, "{place}: {arguments:?} prints no line {wanted:?} there: {}", output.out);
                continue;
            };
            assert!(
                head.is_empty() || actual.any(|actual| actual.starts_with(&masked(head))),
                "{place}: {line}"
            );
        }
    }

    /// A worker goes on in the background; of other programs it is known that they are there, and CI runs them.
    fn cargo_run(&mut self, place: &str, words: &[&str]) {
        let after = |flag: &str| words.iter().position(|word| *word == flag).map(|at| words[at + 1]);
        let folder = root().join("crates").join(after("-p").unwrap_or_default().trim_start_matches("segue-"));
        assert!(folder.is_dir(), "{place}: {words:?}");
        let Some(example) = after("--example") else { return };
        assert!(
            folder.join("examples").join(format!("{example}.rs")).is_file(),
            "{place}: no example {example}"
        );
        if example != "order_worker" {
            return;
        }
        let mut build = Command::new(env!("CARGO"));
        // With the features that the tests are built with, so that nothing is built twice.
        build.current_dir(root()).args(["build", "--quiet", "--workspace", "--example", example]);
        assert!(build.status().expect("cargo runs").success());
        let binary = Path::new(env!("CARGO_BIN_EXE_segue")).with_file_name("examples").join(example);
        let url = self.server().url.clone();
        let worker =
            Command::new(binary).env("SEGUE_SERVER", url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        self.workers.push(worker.expect("starts"));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for worker in &mut self.workers {
            let _ = worker.kill();
            let _ = worker.wait();
        }
    }
}

/// The first id in a text.
fn uuid(text: &str) -> Option<&str> {
    let is_id = |word: &&str| word.len() == 36 && word.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    text.split(|c: char| !(c == '-' || c.is_ascii_hexdigit())).find(is_id)
}

/// A line without what differs from run to run: ids, instants and durations.
fn masked(line: &str) -> String {
    let line = match uuid(line) {
        Some(id) => line.replace(id, "ID"),
        None => line.to_owned(),
    };
    let mut words: Vec<&str> = line.split(' ').collect();
    for at in 0..words.len() {
        let word = words[at];
        if word.len() >= 20 && word.starts_with("20") && word.contains('T') && word.contains('Z') {
            words[at] = "INSTANT";
        }
        let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
        let unit = words.get(at + 1).unwrap_or(&"").trim_end_matches([':', ',']);
        if is_number && unit == "ms" {
            words[at] = "N";
        }
    }
    words.join(" ").trim_end().to_owned()
}
