use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

#[test]
fn the_nearest_configuration_above_makes_the_project() {
    let folder = folder(&[
        ("letrun.json", r#"{"task.dir": "outer"}"#),
        ("inner/letrun.yml", "task:\n  dir: chores\n"),
        ("inner/flows/deep/a.json", "{}"),
        ("bare.json", "{}"),
    ]);
    let root = std::path::absolute(folder.path()).expect("a path");
    let inner = Project::of(&folder.path().join("inner/flows/deep/a.json")).expect("a project");
    assert_eq!(
        (inner.task_dir(), inner.plugin_dir()),
        (root.join("inner/chores"), root.join("inner/plugins"))
    );
    let outer = Project::of(&folder.path().join("bare.json")).expect("a project");
    assert_eq!(outer.task_dir(), root.join("outer"));
}

#[test]
fn a_key_is_found_in_every_spelling_and_the_first_file_decides() {
    let folder = folder(&[
        (
            "letrun.json",
            r#"{"parameter-interpolator": {"json-path": {"flatten": true}}, "logger.level": "warn"}"#,
        ),
        ("letrun.yaml", "scriptEngine:\n  python:\n    pythonPath: /opt/python\nlogger:\n  level: debug\n"),
    ]);
    let project = Project::of(folder.path()).expect("a project");
    let text = |key: &str| project.config.text(key);
    assert_eq!(text("parameter-interpolator.json-path.flatten").as_deref(), Some("true"));
    assert_eq!(text("script-engine.python.pythonPath").as_deref(), Some("/opt/python"));
    let level = project.config.get("logger.level").expect("a level");
    assert_eq!(level, ("warn".into(), Origin::File("letrun.json".into())));
    assert_eq!(project.config.get("persistence.dir").expect("a folder"), ("data".into(), Origin::Default));
    assert!(project.config.get("nobody.says").is_none());
}

#[test]
fn a_broken_file_is_named_with_its_place() {
    let folder = folder(&[("letrun.json", "{\"task.dir\": }")]);
    let error = Project::of(folder.path()).expect_err("refused");
    assert!(error.message.contains("letrun.json:1:14"), "{}", error.message);
}
