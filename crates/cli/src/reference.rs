//! `docs/reference/cli.md` is what `--help` says.

use clap::CommandFactory;

use crate::commands::Cli;

const COLUMNS: usize = 100;

fn page() -> String {
    let mut page = "# The command line\n\nWhat `--help` prints, for every command. Written by `SEGUE_RECORD=1 cargo test -p segue-cli reference`.\n".to_owned();
    let mut root = Cli::command().term_width(COLUMNS);
    root.build();
    describe(&mut root, "segue", &mut page);
    page
}

fn describe(command: &mut clap::Command, name: &str, page: &mut String) {
    let help = command.render_long_help().to_string();
    let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    page.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end()));
    for child in command.get_subcommands_mut() {
        if child.get_name() != "help" && !child.is_hide_set() {
            let name = format!("{name} {}", child.get_name());
            describe(child, &name, page);
        }
    }
}

#[test]
fn the_reference_says_what_help_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
    if std::env::var_os("SEGUE_RECORD").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference"))
            .expect("a folder");
        std::fs::write(path, page()).expect("written");
    }
    let written = std::fs::read_to_string(path).expect("the reference is there");
    assert!(
        written == page(),
        "docs/reference/cli.md is out of date: SEGUE_RECORD=1 cargo test -p segue-cli reference"
    );
}
