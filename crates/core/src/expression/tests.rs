//! The rules of `${…}` as tables, and: no text may panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Document, Environment, ExpressionStyle, Reference, Segment, Template, select, select_ref};

fn document(value: Value) -> Document {
    Document::new(value).for_task("task-1")
}

fn state() -> Document {
    document(json!({
        "workflow": {"input": {"n": 5, "map": {"k": 1.0}}},
        "a": {"b": [{"c": 1}, {"c": 2}], "s": "text"},
    }))
}

fn rendered(template: &Value) -> Value {
    Template::compile(template).unwrap_or_else(|error| panic!("{error}")).render(&state()).expect("rendered")
}

// Texts are in `tests/data/expressions`; here is what a line cannot say.
#[test]
fn values_are_expanded_and_keys_are_not() {
    let template = json!({
        "${workflow.input.n}": ["${workflow.input.n}", 1.5, null, true, "${a.b[*].c}"],
        "s": {"t": "x", "u": "${workflow.input.map}"}, "": "",
    });
    let expected = json!({
        "${workflow.input.n}": [5, 1.5, null, true, [1, 2]], "s": {"t": "x", "u": {"k": 1.0}}, "": "",
    });
    assert_eq!(rendered(&template), expected);
    assert_eq!(rendered(&json!(" ${workflow.input.n}")), json!(" 5"));
}

#[test]
fn an_error_says_where_in_the_value_it_is() {
    let error = Template::compile(&json!({"x": [1, {"y z": "é ${a.}"}]})).expect_err("malformed");
    assert_eq!((error.path.as_str(), error.offset, error.column()), ("['x'][1]['y z']", 7, 7));
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

#[test]
fn plain_paths_stay_plain_and_queries_know_their_beginning() {
    let compiled = |text: &str| match Template::compile(&json!(text)) {
        Ok(Template::Whole(reference)) => reference,
        other => panic!("{text}: {other:?}"),
    };
    for text in ["${a.b[0]['c']}", "${$.a.b[0].c}", "${['a'].b[0]c}", "${@['a']['b'][0]['c']}"] {
        let Reference::Path(path) = compiled(text) else { panic!("{text} is plain") };
        assert_eq!(path.len(), 4, "{text}");
    }
    for (text, prefix, is_definite) in [
        ("${a.b[*].c}", 2, false),
        ("${a.b.length()}", 2, true),
        ("${a['b','c']}", 1, true),
        ("${$..a}", 0, false),
        ("${$}", 0, true),
    ] {
        let Reference::Query(query) = compiled(text) else { panic!("{text} is a query") };
        assert_eq!((query.prefix().len(), query.is_definite()), (prefix, is_definite), "{text}");
    }
}

/// An environment that lets nobody see everything.
struct Shy(Document);

impl Environment for Shy {
    fn resolve(&self, path: &[Segment]) -> Option<Value> {
        assert!(path.len() > 1, "more than the path needs: {path:?}");
        self.0.resolve(path)
    }

    fn document(&self) -> Value {
        panic!("the whole document is turned into JSON")
    }

    fn task_id(&self) -> Option<String> {
        None
    }
}

#[test]
fn only_a_path_without_a_root_name_looks_at_everything() {
    let texts = ["${a.b[?(@.c == $.a.b[1].c)].c}", "${sum($.a.b[*].c)}", "${concat($.a.s)}", "${a.b..c}"];
    let given = texts
        .map(|text| Template::compile(&json!(text)).expect(text).render(&Shy(state())).expect("rendered"));
    assert_eq!(given, [json!([2]), json!(3.0), json!("text"), json!([1, 2])]);
}

#[test]
fn work_has_a_limit() {
    let nested = (0..60).fold(json!({"x": "y"}), |inner, _| json!({"a": inner, "b": [1, 2]}));
    let wide: Vec<Value> = (0..2000).map(|number| json!({"n": number, "l": [number]})).collect();
    let state = document(json!({"d": nested, "w": wide, "t": "a".repeat(100_000)}));
    let dear = [
        "${d..*..*..*..*..*}".to_owned(),
        "${w[?(@..*)][?(@.l in $.w)]}".to_owned(),
        "${w[*].l.append($.w)}".to_owned(),
        "${w[?(@.n in $.w[*].n)]}".to_owned() + &"${w[?($.w subsetof $.w)]}".repeat(3),
        format!("${{d{}}}", "[?(@)]".repeat(250)),
        format!("${{w[?(@.n == 1{})]}}", " || @.n == 1".repeat(5_000)),
        format!(
            "${{w[?({}@.n)]}}",
            (0..500).map(|at| format!("$.w[{at}].n != {at} || $..x{at} || ")).collect::<String>()
        ),
        format!("${{w[?({}@.n)]}}", "$.w[*].x && ".repeat(20)),
        format!("${{w[?($.t =~ /{}/)]}}", "(a|b)*".repeat(50)),
    ];
    for text in dear {
        let template = Template::compile(&json!(text)).unwrap_or_else(|error| panic!("{error}"));
        let size = template.render(&state).expect("rendered").to_string().len();
        assert!(size < 10_000_000, "{text:.60}: {size} bytes");
    }
    let too_long = [
        format!("${{a{}}}", ".b".repeat(300)),
        format!("${{a[?({}@.b{})]}}", "(".repeat(20), ")".repeat(20)),
        format!("${{a[?({}@.b)]}}", "!(".repeat(100_000)),
        format!("${{a[?(@.b == {})]}}", "[".repeat(100_000)),
        format!("${{{}1}}", "sum($.".repeat(100_000)),
        format!("${{a{}", "[?(@".repeat(100_000) + "}"),
        "${a[?(@.b =~ /a{100}{100}{100}/)]}".to_owned(),
    ];
    for text in too_long {
        assert!(Template::compile(&json!(text)).is_err(), "{text:.60}");
    }
}

/// What paths are made of, and what breaks them.
const PIECES: [&str; 59] = [
    "a",
    "b",
    "workflow",
    "n",
    "é",
    ".",
    "..",
    "*",
    "[",
    "]",
    "[*]",
    "[0]",
    "[-1]",
    "[0,1]",
    "[1:]",
    "[:-1]",
    "[-2:2:2]",
    "['b']",
    "['b','c']",
    "[\"b\"]",
    "[?(",
    ")]",
    "@",
    "$",
    "@.c",
    "$.a.b",
    " == ",
    " != ",
    " > ",
    " =~ ",
    " in ",
    " nin ",
    " contains ",
    " size ",
    " empty ",
    " subsetof ",
    " && ",
    " || ",
    "!",
    "(",
    ")",
    "1",
    "1e9",
    "'x'",
    "null",
    "[1, 'x']",
    "{k: 1}",
    "/x.*/i",
    ".length()",
    ".keys()",
    ".sum(",
    ".append(",
    ".index(0)",
    ", ",
    "${",
    "}",
    " ?? ",
    "?? '",
    "\\'",
];

fn path_like() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..16).prop_map(|pieces| pieces.concat())
}

/// JSON whose texts hold no `${`.
fn data() -> impl Strategy<Value = Value> {
    let text = "[^{]{0,12}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9).prop_map(|number: f64| json!(number)),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Compiles and renders in all styles; how many bytes came of it at most.
fn output_bytes(text: &str, state: &Document) -> usize {
    let styles = [ExpressionStyle::Conductor, ExpressionStyle::Lenient, ExpressionStyle::Strict];
    let bytes = styles.map(|style| match Template::compile_in(style, &json!(text)) {
        Ok(template) => {
            let _ = template.references();
            let rendered = template.render(state);
            assert!(rendered.is_ok() || style == ExpressionStyle::Strict, "{rendered:?}");
            rendered.map_or_else(|error| error.to_string().len(), |value| value.to_string().len())
        }
        Err(error) => {
            assert!(error.offset <= text.len() && text.is_char_boundary(error.offset), "{error:?}");
            error.to_string().len()
        }
    });
    bytes.into_iter().max().unwrap_or(0)
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,60}", path in path_like(), data in data()) {
        let state = document(json!({"a": {"b": data, "c": [{"c": 1}, {"c": "x"}]}, "workflow": {"n": [1, 2]}}));
        let small = output_bytes("${$}", &state);
        for text in [text, path.clone(), format!("${{a.b{path}}}"), format!("x ${{$..{path}}}${{a.c[?({path})]}}")] {
            let bytes = output_bytes(&text, &state);
            prop_assert!(bytes < 100_000 + 100 * small, "{} bytes from {text}", bytes);
        }
    }

    #[test]
    fn data_without_expressions_is_itself(data in data()) {
        let template = Template::compile(&data).expect("nothing to refuse");
        prop_assert!(template.is_static());
        prop_assert_eq!(template.render(&state()).expect("rendered"), data);
    }

    #[test]
    fn a_plain_path_finds_what_is_there(data in data(), keys in prop::collection::vec("[a-z]{1,3}", 1..4)) {
        let state = document(keys.iter().rev().fold(data.clone(), |inner, key| json!({key: [inner]})));
        let path: Vec<String> = keys.iter().map(|key| format!("{key}[0]")).collect();
        let template = Template::compile(&json!(format!("${{{}}}", path.join(".")))).expect("plain");
        prop_assert_eq!(template.render(&state).expect("rendered"), data);
    }
}

/// A piece of a text, and what it comes to when secrets are put in.
fn piece() -> impl Strategy<Value = (&'static str, String)> {
    let words = "${workflow.secrets.K}";
    let data = |path: &'static str, value: &str| Just((path, value.to_owned()));
    prop_oneof![
        data("${workflow.secrets.K}", "*****"),
        data("${workflow['secrets'].K}", "*****"),
        data("${workflow.secrets.${workflow.input.name}}", "*****"),
        data("$${workflow.secrets.K}", words),
        data("${workflow.input.says}", words),
        data("${workflow.input.nests}", "{\"a\":\"${workflow.secrets.K}\"}"),
        data("plain é ", "plain é "),
    ]
}

proptest! {
    #[test]
    fn a_secret_goes_where_the_definition_says_so_and_nowhere_else(
        texts in proptest::collection::vec(proptest::collection::vec(piece(), 1..6), 1..4)
    ) {
        let words = "${workflow.secrets.K}";
        let nests = json!({"a": words}).to_string();
        let env = document(json!({"workflow": {"input": {"name": "K", "says": words, "nests": nests}}}));
        let text = |pieces: &[(&str, String)]| pieces.iter().map(|(text, _)| *text).collect::<String>();
        let filled = |pieces: &[(&str, String)]| pieces.iter().map(|(_, text)| &**text).collect::<String>();
        let template: Value = texts.iter().map(|pieces| json!({"a/b ~": text(pieces)})).collect();
        let expected: Value = texts.iter().map(|pieces| json!({"a/b ~": filled(pieces)})).collect();
        let template = Template::compile(&template).expect("compiles");
        let mut value = template.render(&env).expect("rendered");
        // From behind, so that places stay what they are.
        for secret in template.secrets(&env).into_iter().rev() {
            prop_assert!(secret.is_in(&value));
            if let Some(Value::String(text)) = value.pointer_mut(&secret.text) {
                text.replace_range(secret.from..secret.from + secret.reference.len(), "*****");
            }
        }
        prop_assert_eq!(value, expected);
    }
}

#[test]
fn a_choice_that_comes_to_a_secret_says_so() {
    let template = json!({"a": "Bearer ${workflow.input.none ?? workflow.secrets.K}", "b": "${workflow.input.n ?? workflow.secrets.K}",
        "c": "${workflow.secrets.K ?? 'x'}"});
    let template = Template::compile_in(ExpressionStyle::Lenient, &template).expect("compiles");
    let found: Vec<(String, usize)> =
        template.secrets(&state()).into_iter().map(|secret| (secret.text, secret.from)).collect();
    assert_eq!(found, [("/a".to_owned(), 7), ("/c".to_owned(), 0)]);
}
