//! The rules of `${…}` as tables, and: no text may panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Environment, Segment, Template, select, select_ref};

struct State(Value);

impl Environment for State {
    fn resolve(&self, path: &[Segment]) -> Option<Value> {
        select(&self.0, path)
    }

    fn document(&self) -> Value {
        self.0.clone()
    }

    fn task_id(&self) -> Option<String> {
        Some("task-1".to_owned())
    }
}

fn state() -> State {
    State(json!({
        "workflow": {
            "input": {
                "n": 5, "k": "b", "none": null, "flag": true, "double": 1e10,
                "map": {"k": 1.0}, "list": ["a", 2, {"x": "deep"}],
                "danger": "${workflow.input.n} and $${x}", "my key": "spaced", "i": 1, "it's": "quoted",
            },
            "env": {"REGION": "eu"},
        },
        "a": {"output": {"b": "found", "c": [10, 20, 30]}},
        "odd-ref": {"output": {"r": 1}},
        "odd ref": {"output": {"r": 2}},
    }))
}

fn rendered(template: &Value) -> Value {
    Template::compile(template).unwrap_or_else(|error| panic!("{error}")).render(&state())
}

#[test]
fn expressions_render_as_the_rules_say() {
    let table = [
        // One expression gives the value with its type.
        (json!("${workflow.input.n}"), json!(5)),
        (json!("${workflow.input.map}"), json!({"k": 1.0})),
        (json!("${workflow.input.flag}"), json!(true)),
        (json!("${workflow.input.none}"), json!(null)),
        (json!("${$.workflow.input.n}"), json!(5)),
        (json!("${ workflow.input.n }"), json!(5)),
        // Anything around it gives Java's text.
        (json!("n=${workflow.input.n}"), json!("n=5")),
        (json!(" ${workflow.input.n}"), json!(" 5")),
        (json!("${workflow.input.n}${workflow.input.n}"), json!("55")),
        (json!("x ${workflow.input.none}"), json!("x null")),
        (json!("x ${workflow.input.map}"), json!("x {k=1.0}")),
        (json!("x ${workflow.input.list}"), json!("x [a, 2, {x=deep}]")),
        (json!("x ${workflow.input.double}"), json!("x 1.0E10")),
        (json!("x ${workflow.input.flag}"), json!("x true")),
        // Inner first; inner null is the text `null`.
        (json!("${a.output.${workflow.input.k}}"), json!("found")),
        (json!("${a.output.c[${workflow.input.i}]}"), json!(20)),
        (json!("${a.output.${workflow.input.missing}}"), json!(null)),
        (json!("<${a.output.${workflow.input.${workflow.input.none}}}>"), json!("<null>")),
        (json!("${a.output.${workflow.input.map}}"), json!(null)),
        // Escapes stand for the literal.
        (json!("$${workflow.input.n}"), json!("${workflow.input.n}")),
        (json!("$${a} ${workflow.input.n}"), json!("${a} 5")),
        (json!("$${a ${workflow.input.n}}"), json!("${a 5}")),
        (json!("$$${x}"), json!("$${x}")),
        (json!("costs $5 {or} $ {x}"), json!("costs $5 {or} $ {x}")),
        // Blank.
        (json!("${}"), json!("")),
        (json!("${  }"), json!("")),
        (json!("a${}b"), json!("ab")),
        (json!(""), json!("")),
        // Results are not expanded again.
        (json!("${workflow.input.danger}"), json!("${workflow.input.n} and $${x}")),
        (json!("> ${workflow.input.danger}"), json!("> ${workflow.input.n} and $${x}")),
        // Missing is null.
        (json!("${workflow.input.missing}"), json!(null)),
        (json!("${nobody.output.x}"), json!(null)),
        (json!("${workflow.input.n.deeper}"), json!(null)),
        (json!("${workflow.input.list[9]}"), json!(null)),
        // Unbalanced stays.
        (json!("${abc"), json!("${abc")),
        (json!("${abc ${workflow.input.n}"), json!("${abc 5")),
        (json!("}${workflow.input.n}"), json!("}5")),
        (json!("{\"n\": ${workflow.input.n}}"), json!("{\"n\": 5}")),
        // Paths.
        (json!("${workflow.input['my key']}"), json!("spaced")),
        (json!("${workflow['input'][\"my key\"]}"), json!("spaced")),
        (json!("${workflow.input['it\\'s']}"), json!("quoted")),
        (json!("${workflow.input.list[2].x}"), json!("deep")),
        (json!("${workflow.input.list[-2]}"), json!(2)),
        (json!("${odd-ref.output.r}"), json!(1)),
        (json!("${['odd ref'].output.r}"), json!(2)),
        (json!("${workflow.env.REGION}"), json!("eu")),
        // The attempt's id and secrets.
        (json!("${CPEWF_TASK_ID}"), json!("task-1")),
        (json!("id ${CPEWF_TASK_ID}"), json!("id task-1")),
        (json!("${workflow.secrets.KEY}"), json!("${workflow.secrets.KEY}")),
        (json!("Bearer ${workflow.secrets.KEY.x[*]}"), json!("Bearer ${workflow.secrets.KEY.x[*]}")),
        (json!("${workflow['secrets'].KEY}"), json!("${workflow['secrets'].KEY}")),
        (json!("${workflow.secrets.${workflow.input.k}}"), json!("${workflow.secrets.b}")),
        // Structure: values yes, keys no, other types pass.
        (
            json!({"${workflow.input.n}": ["${workflow.input.n}", 1.5, null, true], "s": {"t": "x"}}),
            json!({"${workflow.input.n}": [5, 1.5, null, true], "s": {"t": "x"}}),
        ),
    ];
    for (template, expected) in table {
        assert_eq!(rendered(&template), expected, "{template}");
    }
}

#[test]
fn what_is_outside_the_grammar_says_where_and_why() {
    let table = [
        ("${a.output[*].x}", 11, "wildcard"),
        ("${a.*}", 4, "wildcard"),
        ("${a..x}", 4, "deep scan"),
        ("${a.output[?(@.x==1)]}", 11, "filters"),
        ("${a.output.length()}", 11, "functions"),
        ("${a.output[0,1]}", 12, "unions and slices"),
        ("${a.output[1:2]}", 12, "unions and slices"),
        ("${a.output['x','y']}", 14, "unions and slices"),
        ("${a.my key}", 6, "blanks"),
        ("${a.}", 4, "a name"),
        ("${a[}", 4, "list position"),
        ("${a['x]}", 7, "closing quote"),
        ("n ${a} and ${b..c}", 15, "deep scan"),
        ("${a.${b..c}}", 8, "deep scan"),
    ];
    for (text, offset, expected) in table {
        let error = Template::compile(&json!(text)).expect_err(text);
        assert_eq!((error.offset, error.text.as_str()), (offset, text), "{error}");
        assert!(error.expected.contains(expected), "{text}: {error}");
    }
    let error = Template::compile(&json!({"x": [1, {"y z": "${a..b}"}]})).expect_err("deep scan");
    assert_eq!(error.path, "['x'][1]['y z']");
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| json!(format!("{}a{}", "${".repeat(depth), "}".repeat(depth)));
    assert!(Template::compile(&nested(16)).is_ok());
    let error = Template::compile(&nested(17)).expect_err("too deep");
    assert!(error.expected.contains("16 deep"), "{error}");
    assert!(Template::compile(&nested(200_000)).is_err());
}

#[test]
fn static_subtrees_collapse() {
    let value = json!({"a": [1, {"b": "plain $5 {x}"}], "n": null});
    assert_eq!(Template::compile(&value), Ok(Template::Static(value)));
    assert_eq!(Template::compile(&json!(["$${x}"])), Ok(Template::Static(json!(["${x}"]))));
    let mixed = Template::compile(&json!({"s": {"t": [1]}, "d": "${a.b}"})).expect("plain");
    let Template::Object(entries) = mixed else { panic!("an object template") };
    assert!(entries[0].1.is_static() && !entries[1].1.is_static());
}

#[test]
fn references_are_the_known_roots_each_once() {
    let template = json!({
        "a": "${x.output.v} ${workflow.input.q}", "b": ["${x.output.w}", "${['y z'].output}"],
        "c": "${${p.q}.z}", "d": "${r.${s.t}[0]}", "e": "${CPEWF_TASK_ID} ${} $${not}", "f": "${t${u.v}.w}",
    });
    let template = Template::compile(&template).expect("plain");
    assert_eq!(template.references(), ["x", "workflow", "y z", "p", "r", "s", "u"]);
}

#[test]
fn select_borrows() {
    let value = json!({"a": [{"b": 1}]});
    let path = [Segment::Key("a".to_owned()), Segment::Index(-1), Segment::Key("b".to_owned())];
    assert_eq!(select_ref(&value, &path), Some(&value["a"][0]["b"]));
    assert_eq!(select(&value, &[Segment::Index(0)]), None);
    assert_eq!(select(&value, &[Segment::Key("a".to_owned()), Segment::Index(-2)]), None);
    assert_eq!(select(&value, &[Segment::Key("a".to_owned()), Segment::Index(i64::MIN)]), None);
    assert_eq!(select(&value, &[]), Some(value));
}

proptest! {
    #[test]
    fn no_text_panics(text in r#"(\$|\{|\}|\$\{|\[|\]|'|"|\.|\*|-|[0-9]|\\|a|workflow|input| |é|\(|\)){0,40}"#) {
        if let Ok(template) = Template::compile(&json!(text)) {
            let _ = template.references();
            let _ = template.render(&state());
        }
    }

    #[test]
    fn a_text_without_expressions_is_itself(text in "[^$]*") {
        prop_assert_eq!(Template::compile(&json!(text)), Ok(Template::Static(json!(text))));
    }
}
