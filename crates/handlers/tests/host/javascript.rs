//! Handlers in JavaScript and TypeScript, in all forms that they come in.

use serde_json::json;

use crate::{Project, attempt, run, said};

/// What its place is called tells nobody which of these a file is.
const MODULE: &str = "export default class { handle({ task }) { return ['module', task.parameters.a]; } }";
const COMMONJS: &str =
    "exports.default = class { handle({ task }) { return ['commonjs', task.parameters.a]; } };";
const WHOLE: &str =
    "module.exports = class { handle({ task }) { return ['commonjs', task.parameters.a]; } };";
const TYPED: &str = "import { TaskHandlerInput, type TaskHandler } from '@letrun/common';\n\
    import { kind } from './kind';\n\
    export default class Typed implements TaskHandler {\n  private unused?: string;\n\
    async handle({ task }: TaskHandlerInput): Promise<unknown> { return [kind as string, task.parameters.a]; }\n}";
const GROUP: &str = "export class One { name = 'one'; handle() { return 1; } }\n\
    export class Two { name = 'two'; handle() { return 2; } }\nexport const version = 3;";

#[tokio::test]
async fn a_file_is_what_its_text_says() {
    let project = Project::new(&[
        ("tasks/module.js", MODULE),
        ("tasks/commonjs.js", COMMONJS),
        ("tasks/whole.js", WHOLE),
        ("tasks/module.mjs", MODULE),
        ("tasks/commonjs.cjs", COMMONJS),
        ("tasks/typed.ts", TYPED),
        (
            "tasks/kind.ts",
            "export enum Kind { typescript = 'typescript' }\nexport const kind = Kind.typescript;",
        ),
        (
            "tasks/required.ts",
            "const { kind } = require('./kinds');\nexport = { handle: (): string => kind };",
        ),
        ("tasks/kinds.ts", "module.exports = { kind: 'required' as string };"),
        ("esm/package.json", r#"{"type": "module"}"#),
        ("esm/module.js", MODULE),
        ("esm/whole.js", WHOLE),
        ("cjs/package.json", r#"{"type": "commonjs"}"#),
        ("cjs/module.js", MODULE),
        ("cjs/whole.js", WHOLE),
        ("tasks/function.js", "export default async ({ task }) => ['function', task.name];"),
        ("tasks/field.js", "export default class { handle = async ({ task }) => ['field', task.name]; }"),
    ]);
    let host = project.host().await;
    for (handler, expected) in [
        ("module.js", json!(["module", 1])),
        ("script:commonjs.js", json!(["commonjs", 1])),
        ("./tasks/whole.js", json!(["commonjs", 1])),
        ("tasks/module.mjs", json!(["module", 1])),
        ("commonjs.cjs", json!(["commonjs", 1])),
        ("typed", json!(["typescript", 1])),
        ("required.ts", json!("required")),
        ("esm/module.js", json!(["module", 1])),
        ("esm/whole.js", json!(["commonjs", 1])),
        ("cjs/module.js", json!(["module", 1])),
        ("cjs/whole.js", json!(["commonjs", 1])),
        ("function.js", json!(["function", "one"])),
        ("field.js", json!(["field", "one"])),
    ] {
        assert_eq!(said(&host, handler, json!({"a": 1})).await, expected, "{handler}");
    }
    let described = host.describe("typed", None).await.unwrap();
    assert_eq!(described.tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>(), ["typed"]);
    let absolute = project.path().join("tasks/module.js").display().to_string();
    assert_eq!(said(&host, &absolute, json!({"a": 2})).await, json!(["module", 2]));
}

#[tokio::test]
async fn packages_have_groups_and_versions() {
    let package =
        |version: &str| format!(r#"{{"name": "@x/group", "version": "{version}", "main": "main.js"}}"#);
    let (old, new) = (package("1.2.0"), package("2.0.0"));
    let stored = ".segue/handlers/@x/group@2.0.0/node_modules/@x/group";
    let project = Project::new(&[
        ("node_modules/@x/group/package.json", &old),
        ("node_modules/@x/group/main.js", GROUP),
        (&format!("{stored}/package.json"), &new),
        (&format!("{stored}/main.js"), "exports.Three = class { handle() { return 3; } };"),
        ("node_modules/single/package.json", r#"{"name": "single", "version": "0.1.0", "type": "module"}"#),
        ("node_modules/single/index.js", MODULE),
        ("local/lib/index.cjs", WHOLE),
        ("tasks/group/file.js", GROUP),
    ]);
    let host = project.host().await;
    for (handler, expected) in [
        ("package:@x/group:one", json!(1)),
        ("@x/group:TWO", json!(2)),
        ("package:@x/group@1.2.0:two", json!(2)),
        ("package:@x/group@2.0.0:three", json!(3)),
        ("package:@x/group@^1.0:one", json!(1)),
        ("package:@x/group@latest:Three", json!(3)),
        ("package:single", json!(["module", null])),
        ("single", json!(["module", null])),
        ("external:local/lib", json!(["commonjs", null])),
        ("script:group/file.js:two", json!(2)),
        (
            "package:@x/group",
            json!(
                "InvalidParameterError: Task name is required for handler: package:@x/group. It has one, two"
            ),
        ),
        (
            "@x/group:six",
            json!("InvalidParameterError: Cannot find task \"six\" in handler \"@x/group:six\""),
        ),
        (
            "package:@x/group@3.0.0:one",
            json!(
                "InvalidParameterError: Cannot find handler \"package:@x/group@3.0.0:one\". It was looked for"
            ),
        ),
    ] {
        assert_eq!(said(&host, handler, json!({})).await, expected, "{handler}");
    }
    let error = run(&host, "greeting", json!({})).await.error.unwrap();
    assert!(error.is_terminal() && error.message.contains("tasks/greeting"), "{error}");
    assert!(error.message.contains("segue handler install greeting"), "{error}");
}

const CONTRACT: &str = "import { IllegalStateError, InterruptInvokeError, validateParameters } from '@letrun/common';
import * as core from '@letrun/core';
import Joi from 'joi';
export class Log { name = 'log'; async handle({ context, task }) {
  context.getLogger().warn('from the logger', 1); console.log('printed'); process.stderr.write('unended');
  task.output = { kept: true }; throw new Error('outer', { cause: new TypeError('inner') }); } }
export class Variables { name = 'variables'; handle({ workflow }) {
  workflow.variables.added = workflow.input.x; delete workflow.variables.gone; workflow.variables.list.push(2); } }
export class State { name = 'state'; handle() { throw new IllegalStateError('no'); } }
export class Interrupt { name = 'interrupt'; handle() { throw new InterruptInvokeError('stop', { used: 1 }); } }
export class Schema { name = 'schema'; parameters = Joi.object({ n: Joi.number().required() }).describe();
  handle({ task }) { return task.parameters; } }
export class Own { name = 'own'; handle({ task }) {
  return validateParameters(task.parameters, Joi.object({ n: Joi.number() })); } }
export class Circle { name = 'circle'; handle() { const a = {}; a.a = a; return a; } }
export class Exit { name = 'exit'; handle() { process.exit(3); } }
export class Later { name = 'later'; handle() { setTimeout(() => { throw new RangeError('later'); }); return new Promise(() => {}); } }
export class Lost { name = 'lost'; handle() { Promise.reject(new EvalError('lost')); return new Promise(() => {}); } }
export class Deep { name = 'deep'; handle() { let deep = 1; for (let i = 0; i < 300; i++) deep = [deep]; return deep; } }
export class Shim { name = 'shim'; handle() { return [core.RETRY_PLUGIN, typeof core.AbstractPlugin, typeof core.InvalidParameterError]; } }
export class Null { name = 'null'; handle() { return null; } }
export class Nothing { name = 'nothing'; handle({ task }) { task.output = 'set'; } }
";

#[tokio::test]
async fn handlers_have_their_contract() {
    let project = Project::new(&[("tasks/all.js", CONTRACT)]);
    let host = project.host().await;
    for (task, parameters, expected) in [
        ("state", json!({}), json!("IllegalStateError: no")),
        ("interrupt", json!({}), json!({"used": 1})),
        ("schema", json!({"n": "5"}), json!({"n": 5})),
        (
            "schema",
            json!({"n": 5, "foo": 1}),
            json!("InvalidParameterError: Invalid parameters: \"foo\" is not allowed"),
        ),
        (
            "own",
            json!({"n": "x"}),
            json!("InvalidParameterError: Invalid parameters: \"n\" must be a number"),
        ),
        (
            "circle",
            json!({}),
            json!("TypeError: The output cannot be written as JSON: Converting circular structure to JSON"),
        ),
        ("exit", json!({}), json!("Error: the handler called process.exit(3)")),
        ("later", json!({}), json!("RangeError: later")),
        ("lost", json!({}), json!("EvalError: lost")),
        ("deep", json!({}), json!("TypeError: The output nests deeper than JSON is read here")),
        ("shim", json!({}), json!(["retry", "function", "function"])),
        ("nothing", json!({}), json!("set")),
        ("null", json!({}), json!(null)),
    ] {
        assert_eq!(said(&host, &format!("all.js:{task}"), parameters).await, expected, "{task}");
    }

    let outcome = run(&host, "all.js:log", json!({})).await;
    let error = outcome.error.clone().unwrap();
    assert_eq!((error.name.as_str(), error.message.as_str()), ("Error", "outer: inner"));
    assert_eq!(outcome.output()["result"], json!({"kept": true}));
    assert!(error.stack.unwrap().contains("all.js"));
    let lines: Vec<_> =
        outcome.logs.iter().map(|line| (line.level.as_str(), line.message.as_str())).collect();
    assert_eq!(lines, [("warn", "from the logger 1"), ("info", "printed"), ("warn", "unended")]);
    assert!(project.lines().contains(&"info: printed".to_owned()));

    let mut changing = attempt("all.js:variables", json!({}));
    changing.workflow.input = json!({"x": 1});
    changing.workflow.variables = json!({"gone": 1, "same": 2, "list": [1]}).as_object().unwrap().clone();
    let outcome = host.run(changing).await;
    assert_eq!(outcome.output(), json!({}));
    assert_eq!(json!(outcome.variables), json!({"added": 1, "gone": null, "list": [1, 2]}));
}

const STRANGE: &str = "import { TaskHandler as T, SomethingNew } from '@letrun/core';
import { Parameters, Name } from '@letrun/common';
export default class { handle() { return [typeof T, typeof SomethingNew, typeof Parameters]; } }";
const DECORATED: &str = "import { Name, Parameters, Description } from '@letrun/core';\nimport Joi from 'joi';\n\
@Name('decorated') @Description('d') @Parameters(Joi.object({ n: Joi.number() }))\n\
export class Decorated { declare description: string; handle({ task }: any) { return [this.description, task.parameters.n]; } }\n\
export class Other { name = 'other'; handle() {} }";

#[tokio::test]
async fn what_was_compiled_for_letrun_loads() {
    let project = Project::new(&[
        ("tasks/strange.js", STRANGE),
        ("tasks/decorated.ts", DECORATED),
        ("tasks/wrong.js", "import fs from 'fs';\nexport default = 5;"),
        ("tasks/broken.ts", "export default class {\n  handle( { }\n}"),
        (
            "tasks/throws.ts",
            "interface A { b: string }\n\nexport default class { handle(): A {\n  throw new Error('here'); } }",
        ),
    ]);
    let host = project.host().await;
    assert_eq!(said(&host, "strange.js", json!({})).await, json!(["function", "function", "function"]));
    assert_eq!(said(&host, "decorated:decorated", json!({"n": "1"})).await, json!(["d", 1]));
    let broken = said(&host, "broken.ts", json!({})).await;
    assert!(broken.as_str().unwrap().contains("broken.ts:3:1"), "{broken}");
    let wrong = said(&host, "wrong.js", json!({})).await;
    assert!(wrong.as_str().unwrap().contains("wrong.js:2:16: "), "{wrong}");
    let stack = run(&host, "throws", json!({})).await.error.unwrap().stack.unwrap();
    assert!(stack.contains("throws.ts:4:"), "{stack}");
}
