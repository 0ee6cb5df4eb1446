//! Plugins: what they replace, what they may call, and how they live.

use serde_json::{Value, json};

use crate::{Project, attempt, run, said};

/// The example of the guide to task invokers, as its reader would copy it.
const GUIDE: &str = include_str!("../../../cli/tests/letrun/guides/guide-task-invoker.ts");
/// The same as it is compiled: types are gone from it, their imports are not.
const GUIDE_JS: &str = include_str!("../../../cli/tests/letrun/guides/guide-task-invoker.js");
const FINE: &str = "export default () => 'fine';";

#[tokio::test]
async fn the_guides_invoker_replaces_ours() {
    for (name, text) in [("plugins/custom.ts", GUIDE), ("plugins/custom.js", GUIDE_JS)] {
        let project = Project::new(&[(name, text), ("tasks/fine.js", FINE)]);
        let host = project.host().await;
        assert!(host.has_task_invoker() && host.sees_every_task());
        let [plugin] = host.plugins() else { panic!("{:?}", host.plugins()) };
        assert_eq!(
            (plugin.kind.as_str(), plugin.name.as_str(), plugin.priority),
            ("task-invoker", "custom", 0)
        );
        assert!(plugin.methods.contains(&"invoke".to_owned()));

        let refused = json!("Error: We don't support external task handlers yet ;)");
        assert_eq!(said(&host, "fine.js", json!({})).await, refused);
        assert_eq!(said(&host, "docker:alpine", json!({})).await, refused);
        let did = json!({"did": "log", "with": {"message": "hi"}});
        assert_eq!(said(&host, "log", json!({"message": "hi"})).await, did);
        assert_eq!(
            run(&host, "while", json!({})).await.output(),
            json!({"result": {"iteration": 1}, "more": true})
        );
        assert_eq!(
            said(&host, "delay", json!({})).await,
            json!("InvalidParameterError: Invalid parameters: \"time\" is required")
        );
        let asked: Vec<_> = project.seen.asked.lock().iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(asked, ["log", "while", "delay"]);
    }
}

const DOCKER: &str = "import { AbstractPlugin, TASK_INVOKER_PLUGIN } from '@letrun/core';
export default class extends AbstractPlugin {
  name = 'docker'; type = TASK_INVOKER_PLUGIN; image = 'none';
  async doLoad() { this.context.getLogger().info('loaded with', this.image); }
  async ready() { console.log('ready'); }
  async doUnload() { console.log('unloaded'); }
  async invoke(input) {
    if (input.task.taskDef.handler.startsWith('docker:')) return this.image + input.task.taskDef.handler.slice(6);
    const next = await input.context.getPluginManager().getOne('task-invoker');
    return ['wrapped', await next.invoke(input)];
  }
}";
const SNAKE: &str = "def handle(input):
    if 'bad' in input.task.parameters:
        input.task.output = 'kept'
        raise KeyError('bad')
    return 'snake'
";
const SUPER: &str = "const { DefaultTaskInvoker } = require('@letrun/core');
module.exports.default = class extends DefaultTaskInvoker {
  name = 'first'; priority = 5;
  async invoke(input) {
    if (input.task.parameters.past) return input.context.getPluginManager().callPluginMethod('task-invoker', 'invoke', input);
    return ['super', await super.invoke(input)];
  }
};";

#[tokio::test]
async fn an_invoker_may_call_the_one_behind_it() {
    let project = Project::new(&[
        ("plugins/docker.mjs", DOCKER),
        ("plugins/super.cjs", SUPER),
        ("tasks/fine.js", FINE),
        ("tasks/snake.py", SNAKE),
    ]);
    let mut options = project.options();
    options.config = json!({"task-invoker": {"docker": {"image": "img"}}}).as_object().unwrap().clone();
    let host = segue_handlers::host::Host::start(options).await.unwrap();
    let names: Vec<_> = host.plugins().iter().map(|plugin| plugin.name.as_str()).collect();
    assert_eq!(names, ["first", "docker"]);
    assert_eq!(said(&host, "fine.js", json!({})).await, json!(["super", "fine"]));
    assert_eq!(said(&host, "fine.js", json!({"past": 1})).await, json!(["wrapped", "fine"]));
    assert_eq!(said(&host, "snake.py", json!({})).await, json!(["super", "snake"]));
    let failed = run(&host, "snake.py", json!({"bad": 1})).await;
    assert_eq!((failed.error.unwrap().name.as_str(), failed.result), ("KeyError", Some(json!("kept"))));
    assert_eq!(said(&host, "docker:alpine", json!({"past": 1})).await, json!("img:alpine"));
    host.stop().await;
    assert_eq!(project.lines(), ["info: loaded with img", "info: ready", "info: unloaded"]);
}

const AROUND: &str = "import { AbstractPlugin } from '@letrun/core';
const of = (type) => class extends AbstractPlugin { name = type; type = type;
  execute({ workflow, task, result, error }) { console.log(type, task?.name ?? workflow.name, task?.parameters, result, error?.message);
    if (task) task.parameters.seen = true; return type === 'pre-run-workflow' ? { ...workflow, name: 'other' } : undefined; } };
export default of(TYPE);";

#[tokio::test]
async fn hooks_see_tasks_and_workflows() {
    let hook = |kind: &str| AROUND.replace("TYPE", &format!("'{kind}'"));
    let texts = ["pre-run-task", "post-run-task", "pre-run-workflow"].map(hook);
    let project = Project::new(&[
        ("plugins/a.js", &texts[0]),
        ("plugins/b.js", &texts[1]),
        ("plugins/c.js", &texts[2]),
        ("plugins/broken.js", "export default 5;"),
        ("plugins/keeps.cjs", "exports.default = class { name = 'keeps'; type = 'persistence'; load() {} };"),
        ("plugins/notes.txt", "none of ours"),
        (
            "tasks/echo.js",
            "export default ({ task }) => { if (task.parameters.bad) throw new Error('bad'); return task.parameters; };",
        ),
    ]);
    let host = project.host().await;
    assert!(!host.has_task_invoker() && host.sees_every_task());
    assert!(project.lines()[0].starts_with("error: plugin broken.js is not used: Error: it has no class"));
    assert!(project.lines()[1].starts_with("warn: plugin keeps (persistence) is not used: "));
    project.seen.lines.lock().clear();

    assert_eq!(said(&host, "echo.js", json!({"a": 1})).await, json!({"a": 1, "seen": true}));
    let mut not_last = attempt("echo.js", json!({"bad": 1}));
    not_last.is_last = false;
    assert!(host.run(not_last).await.error.is_some());
    said(&host, "echo.js", json!({"bad": 1})).await;
    assert_eq!(
        project.lines(),
        [
            "info: pre-run-task one { a: 1 } undefined undefined",
            "info: post-run-task one { a: 1, seen: true } { a: 1, seen: true } undefined",
            "info: pre-run-task one { bad: 1 } undefined undefined",
            "info: pre-run-task one { bad: 1 } undefined undefined",
            "info: post-run-task one { bad: 1, seen: true } undefined bad",
        ]
    );
    let replaced =
        host.call("pre-run-workflow", "execute", &[json!({"workflow": {"name": "w"}})]).await.unwrap();
    assert_eq!(replaced, Some(json!({"name": "other"})));
    assert_eq!(host.call("post-run-workflow", "execute", &[Value::Null]).await.unwrap(), None);
}

const HUG: &str = "module.exports.default = class { name = 'hug'; type = 'command'; load() {}
  register(program) {
    program.command('hug <name> [others...]').usage('x').description('hugs').option('-t, --times <n>', 'how often', '1').option('--no-kiss', 'none')
      .action((name, others, options) => { console.log('hugged', name); return [name, others, options]; });
  } };";
const ENGINE: &str = "module.exports.default = class { name = 'shout'; type = 'script-engine'; load() {}
  support(language) { return language === 'shout'; }
  run(script, context) { return script.toUpperCase() + context.input; } };";
const RETRY: &str = "module.exports.default = class { name = 'own'; type = 'retry'; load() {}
  async retry({ retryable, config, shouldRetryFn, doJob }) {
    for (let left = config.count; ; left--) {
      try { return await doJob(); } catch (error) { if (left === 0 || !shouldRetryFn(error)) throw error; }
    } } };";
const BRACES: &str = "module.exports.default = class { name = 'braces'; type = 'parameter-interpolator'; load() {}
  interpolate(value, context) { return JSON.parse(JSON.stringify(value).replace(/{{(\\w+)}}/g, (_, key) => context.input[key])); } };";
const COUNTS: &str = "let count = 0; export default ({ task }) => {
  if (++count < task.parameters.from) { const error = new Error('no ' + count); error.name = task.parameters.name ?? 'Error'; throw error; }
  return [count, task.parameters.text]; };";

#[tokio::test]
async fn other_plugins_do_their_part() {
    let project = Project::new(&[
        ("plugins/hug.js", HUG),
        ("plugins/engine.cjs", ENGINE),
        ("plugins/retry.js", RETRY),
        ("plugins/braces.js", BRACES),
        ("tasks/counts.js", COUNTS),
    ]);
    let host = project.host().await;
    let commands = host.commands().await.unwrap();
    assert_eq!((commands[0].name.as_str(), commands[0].arguments.len()), ("hug", 2));
    let words = ["hug", "a", "b", "c", "-t", "2"].map(str::to_owned);
    let done = host.run_command(&words).await.unwrap();
    assert_eq!(done, Some(json!(["a", ["b", "c"], {"times": "2", "kiss": true}])));
    let error = host.run_command(&words[..1]).await.unwrap_err();
    assert_eq!(error.message, "Argument name is required");

    assert_eq!(host.evaluate("shout", "hey", &json!(1)).await.unwrap(), Some(json!("HEY1")));
    assert_eq!(host.evaluate("python", "hey", &json!(1)).await.unwrap(), None);
    assert_eq!(host.generate_id(None).await.unwrap(), None);

    let mut retried = attempt("counts.js", json!({"from": 3, "text": "{{who}}"}));
    retried.retry = json!({"count": 5});
    retried.workflow.input = json!({"who": "me"});
    assert_eq!(host.run(retried.clone()).await.result, Some(json!([3, "me"])));
    retried.input["parameters"] = json!({"from": 100, "name": "IllegalStateError"});
    let outcome = host.run(retried.clone()).await;
    assert_eq!(outcome.error.as_ref().unwrap().message, "no 4");
    retried.input["parameters"] = json!({"from": 100});
    let outcome = host.run(retried).await;
    assert!(outcome.is_terminal() && outcome.error.unwrap().message == "no 10");
}

const LOGS: &str = "const lines = [];
module.exports.default = class { name = 'list'; type = 'log-transport'; load() {}
  getTransport() { return { log: ({ level, message }, next) => { console.log('seen', level, message); next(); } }; } };";

#[tokio::test]
async fn transports_get_all_lines_once() {
    let project = Project::new(&[("plugins/logs.js", LOGS), ("tasks/fine.js", FINE)]);
    let host = project.host().await;
    host.log("warn", "ours").await.unwrap();
    assert_eq!(project.lines(), ["info: seen warn ours"]);
}
