//! Handlers in Python, and programs of any kind.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use segue_handlers::host::{Attempt, Host};
use serde_json::json;
use tokio::time::Instant;

use crate::{Project, attempt, run, said};

const GROUP: &str = "import letrun
class One:
    name = 'one'
    async def handle(self, input):
        input.context.logger.warn('logged')
        print('printed')
        return [input.task.parameters['a'], input.workflow.input.x]
class Two:
    def handle(self, input):
        input.task.output = {'kept': 1}
        input.workflow.variables['added'] = 2
        raise letrun.IllegalStateError('no')
class Three:
    def handle(self, input):
        return input.session.system_task('http', {'url': 'u'})
";

#[tokio::test]
async fn python_handlers_run() {
    let project = Project::new(&[
        ("tasks/group.py", GROUP),
        (
            "tasks/plain.py",
            "from beside import answer\ndef handle(input):\n    return answer + input['task']['parameters']['a']\n",
        ),
        ("tasks/beside.py", "answer = 41"),
        ("tasks/script.py", "print('ignored')\noutput = {'doubled': context['input']['a'] * 2}"),
        ("tasks/exits.py", "import sys\ndef handle(input):\n    sys.exit(3)"),
        ("tasks/dies.py", "import os\ndef handle(input):\n    os.kill(os.getpid(), 9)"),
    ]);
    let host = project.host().await;
    assert_eq!(said(&host, "plain.py", json!({"a": 1})).await, json!(42));
    assert_eq!(said(&host, "script:script.py", json!({"a": 4})).await, json!({"doubled": 8}));
    assert_eq!(said(&host, "exits", json!({})).await, json!("Error: the handler called sys.exit(3)"));
    let with = json!({"did": "http", "with": {"url": "u"}});
    assert_eq!(said(&host, "group.py:three", json!({})).await, with);

    let mut one = attempt("group.py:ONE", json!({"a": 1}));
    one.workflow.input = json!({"x": 2});
    let outcome = host.run(one).await;
    assert_eq!(outcome.result, Some(json!([1, 2])));
    let lines: Vec<_> =
        outcome.logs.iter().map(|line| (line.level.as_str(), line.message.as_str())).collect();
    assert_eq!(lines, [("warn", "logged"), ("info", "printed")]);

    let outcome = run(&host, "group.py:two", json!({})).await;
    let error = outcome.error.as_ref().unwrap();
    assert!(error.is_terminal() && error.stack.as_ref().unwrap().contains("group.py"), "{error:?}");
    assert_eq!(outcome.output()["result"], json!({"kept": 1}));
    assert_eq!(json!(outcome.variables), json!({"added": 2}));

    let died = run(&host, "dies.py", json!({})).await.error.unwrap();
    assert!(!died.is_terminal() && died.message.contains("signal"), "{died}");
    assert_eq!(said(&host, "plain.py", json!({"a": 1})).await, json!(42));
}

#[tokio::test]
async fn any_program_is_a_handler() {
    let project = Project::new(&[
        ("tasks/echo", "#!/bin/sh\necho logged >&2\ncat\n"),
        ("tasks/file.sh", "#!/bin/sh\necho noise\ncp \"$SEGUE_PAYLOAD\" \"$SEGUE_RESULT\"\n"),
        ("tasks/text.sh", "#!/bin/sh\nexec </dev/null\necho \"$ADDED ${CARGO_MANIFEST_DIR-none}\"\n"),
        ("tasks/fails.sh", "#!/bin/sh\necho why >&2\nexit 7\n"),
        ("tasks/polite.sh", "#!/bin/sh\ntrap 'echo bye >&2; exit 0' TERM\nwhile :; do sleep 0.01; done\n"),
        ("tasks/stubborn.sh", "#!/bin/sh\ntrap '' TERM\nwhile :; do sleep 0.01; done\n"),
        ("tasks/data.txt", "none"),
    ]);
    for file in ["echo", "file.sh", "text.sh", "fails.sh", "polite.sh", "stubborn.sh"] {
        let path = project.path().join("tasks").join(file);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut options = project.options();
    options.environment.push(("ADDED".to_owned(), "added".to_owned()));
    let host = Host::start(options).await.unwrap();
    let outcome = run(&host, "echo", json!({"a": 1})).await;
    assert_eq!(outcome.result.unwrap()["parameters"], json!({"a": 1}));
    assert_eq!(outcome.logs[0].message, "logged");
    assert_eq!(run(&host, "file", json!({"a": 2})).await.result.unwrap()["parameters"], json!({"a": 2}));
    assert_eq!(said(&host, "text.sh", json!({})).await, json!("added none\n"));
    assert_eq!(said(&host, "fails.sh", json!({})).await, json!("Error: Process failed with code 7: why"));
    let refused = said(&host, "data.txt", json!({})).await;
    assert!(refused.as_str().unwrap().contains("not executable"), "{refused}");
    let late = |file| {
        let deadline = Some(Instant::now() + Duration::from_millis(1_500));
        host.run(Attempt { deadline, ..attempt(file, json!({})) })
    };
    let (polite, stubborn) = tokio::join!(late("polite.sh"), late("stubborn.sh"));
    for (outcome, last_words) in [(polite, Some("bye")), (stubborn, None)] {
        assert_eq!(outcome.error.unwrap().name, "TimeoutError");
        assert_eq!(outcome.logs.last().map(|line| line.message.as_str()), last_words);
    }
}
