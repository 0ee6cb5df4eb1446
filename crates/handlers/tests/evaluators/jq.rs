use segue_handlers::{EvaluationError, Form, Language};
use serde_json::json;

use crate::{evaluation, evaluators, text};

#[tokio::test]
async fn filters_give_the_list_of_their_results() {
    let evaluators = evaluators();
    let input = json!({
        "a": [1, 2, 3], "o": {"k": "v"}, "n": null, "t": "x,y", "f": 1.5,
        "rows": [{"id": 1, "s": "COMPLETED"}, {"id": 2, "s": "FAILED"}],
    });
    let mut wrong = Vec::new();
    for (source, expected) in [
        (".a", "[[1,2,3]]"),
        (".a[]", "[1,2,3]"),
        ("empty", "[]"),
        (".missing.deeper", "[null]"),
        ("{ out: (.a + [4]) }", r#"[{"out":[1,2,3,4]}]"#),
        (".a | add / 2", "[3]"),
        (".a | add / 4", "[1.5]"),
        (".rows | map(select(.s == \"FAILED\") | .id)", "[[2]]"),
        ("[.rows[] | {(.s): .id}] | add", r#"[{"COMPLETED":1,"FAILED":2}]"#),
        (".t / \",\"", r#"[["x","y"]]"#),
        ("[.t, null, 1, true] | join(\"-\")", r#"["x,y--1-true"]"#),
        ("[] | join(\"-\")", r#"[""]"#),
        (".o | to_entries", r#"[[{"key":"k","value":"v"}]]"#),
        ("[{\"name\":\"a\",\"value\":1},{\"k\":\"b\",\"v\":2}] | from_entries", r#"[{"a":1,"b":2}]"#),
        (".o | with_entries(.value |= ascii_upcase)", r#"[{"k":"V"}]"#),
        ("(.draft // {}) as $d | if ($d.x == \"y\") then 1 else 2 end", "[2]"),
        (".a as [$x, $y] | $x + $y", "[3]"),
        ("reduce .a[] as $x (0; . + $x)", "[6]"),
        ("[foreach .a[] as $x (0; . + $x)]", "[[1,3,6]]"),
        ("[limit(2; .a[])], first(.a[]), [.a[] | select(. > 1)]", "[[1,2],1,[2,3]]"),
        (".o | tojson", r#"["{\"k\":\"v\"}"]"#),
        ("\"{\\\"z\\\":1}\" | fromjson.z", "[1]"),
        ("[.. | numbers] | length", "[6]"),
        ("[paths(type == \"number\")] | length", "[6]"),
        ("walk(if type == \"number\" then . * 2 else . end) | .a", "[[2,4,6]]"),
        (".t | test(\"x.y\"), sub(\",\"; \"-\"), [splits(\",\")]", r#"[true,"x-y",["x","y"]]"#),
        ("@base64 \"\\(.t)\", (.a | @csv), ([\"a\", 1] | @tsv)", r#"["eCx5","1,2,3","a\t1"]"#),
        (
            "1e3, 1.0, 100000000000000000000, nan, infinite",
            "[1e3,1.0,100000000000000000000,null,1.7976931348623157e+308]",
        ),
        ("$ENV, env", "[{},{}]"),
        ("try error(\"no\") catch .", r#"["no"]"#),
        ("1, halt, 2", "[1]"),
        (".a.b", "!cannot index [1,2,3] with \"b\""),
        ("error({code: 1})", r#"!{"code":1} (not a string)"#),
        ("input", "!No more inputs"),
        ("{(1): 2}", "!Object keys must be strings, not 1"),
        (".a | foo(1)", "!jq: foo/1 is not defined"),
        ("$x", "!jq: variable $x is not defined"),
        ("import \"x\" as x; .", "!jq: modules are not available"),
        (".a |\n  | .b", "!jq: syntax error, expected term but found `|` (line 2)"),
        ("{a: ", "!jq: syntax error, expected closing brace but found the end (line 1)"),
    ] {
        let evaluation = evaluation(Language::Jq, Form::Expression, source, &input);
        let found = text(&evaluators, evaluation).await;
        if found != expected {
            wrong.push(format!("{source}\n  gave     {found}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn assignments_make_what_their_path_lacks_and_deletions_make_nothing() {
    let evaluators = evaluators();
    let input = json!({"a": [1, 2, 3], "o": {"k": "v"}, "n": null, "deep": {"list": [{"x": 1}, {"x": 2}]}});
    let mut wrong = Vec::new();
    for (source, expected) in [
        (r#"{} | .a.b = 3"#, r#"[{"a":{"b":3}}]"#),
        (r#"null | .a = 1"#, r#"[{"a":1}]"#),
        (r#"null | .[2] = 1"#, "[[null,null,1]]"),
        (r#"{} | .a[1].b = 3"#, r#"[{"a":[null,{"b":3}]}]"#),
        (r#"[1] | .[3] = 4"#, "[[1,null,null,4]]"),
        (r#"{} | .a.b += 3"#, r#"[{"a":{"b":3}}]"#),
        (r#"{} | .a.b //= 3"#, r#"[{"a":{"b":3}}]"#),
        (r#"{} | .a.b |= "\(.)""#, r#"[{"a":{"b":"null"}}]"#),
        (r#".n.x.y = .a[0] | .n"#, r#"[{"x":{"y":1}}]"#),
        (r#".n.x = (.n | type) | .n"#, r#"[{"x":"null"}]"#),
        (r#".n.x = (1, 2) | .n"#, r#"[{"x":1},{"x":2}]"#),
        (r#"{} | (.a, .b).c = 1"#, r#"[{"a":{"c":1},"b":{"c":1}}]"#),
        (r#". as $in | {} | .x["a", "b"] = ($in.o.k) | .x"#, r#"[{"a":"v","b":"v"}]"#),
        (r#"[limit(2; {} | .p.q = (1, 2, 3))] | map(.p.q)"#, "[[1,2]]"),
        (r#"{} | setpath(["a", "b"]; 1)"#, r#"[{"a":{"b":1}}]"#),
        (r#"fromstream(1 | truncate_stream([[0], 1], [[1, 0], 2], [[1, 0]], [[1]]))"#, "[[2]]"),
        (r#"[.a | tostream] | fromstream(.[])"#, "[[1,2,3]]"),
        (r#"reduce ("x", "y", "x") as $k ({}; .count[$k] += 1)"#, r#"[{"count":{"x":2,"y":1}}]"#),
        (r#"def set(p; $v): p = $v; {} | set(.a.b; 1)"#, r#"[{"a":{"b":1}}]"#),
        (r#"(.deep.list[] | select(.x == 2)).seen.by = "me" | .deep.list[1].seen"#, r#"[{"by":"me"}]"#),
        (r#".a[] *= 2 | .a"#, "[[2,4,6]]"),
        (r#".o |= with_entries(.value |= ascii_upcase) | .o"#, r#"[{"k":"V"}]"#),
        (r#".a[-1] = 9 | .a"#, "[[1,2,9]]"),
        (r#"{} | .a |= empty"#, "[{}]"),
        (r#"{} | del(.a.b), del(.x[3])"#, "[{},{}]"),
        (r#"{"a":1,"b":2,"c":3} | del(.a, .c), delpaths([["a"],["b"]])"#, r#"[{"b":2},{"c":3}]"#),
        (
            r#"[1,2,3,4,5] | del(.[0, 2]), del(.[1:3]), del(.[-2:]), del(.[] | select(. > 2))"#,
            "[[2,4,5],[1,4,5],[1,2,3],[1,2]]",
        ),
        (r#"del(.deep.list[0].x) | .deep.list"#, r#"[[{},{"x":2}]]"#),
        (r#"try ({"a": 1} | .a.b = 2) catch "no""#, r#"["no"]"#),
        (r#"try (null | .[-1] = 2) catch "no""#, r#"["no"]"#),
        (
            r#""\(4 / 2) \([6 / 3])", (4 / 2 | tostring, tojson), ({a: (9 / 3)} | tojson)"#,
            r#"["2 [2]","2","2","{\"a\":3}"]"#,
        ),
        (r#""\(1 / 4)", ("a" | tostring), @json "x\(8 / 4)""#, r#"["0.25","a","x2"]"#),
        (
            r#"[limit(-1; 1, 2)], [limit(0; 1, 2)], (1 | ltrimstr("a")), ("aab" | ltrimstr("a"), rtrimstr("b"))"#,
            r#"[[1,2],[],1,"ab","aa"]"#,
        ),
        (r#"reduce range(20000) as $i ({}; .[$i | tostring] = $i) | length"#, "[20000]"),
        (r#"[range(20000)] | .[] |= . + 1 | add"#, "[200010000]"),
    ] {
        let found = text(&evaluators, evaluation(Language::Jq, Form::Expression, source, &input)).await;
        if found != expected {
            wrong.push(format!("{source}\n  gave     {found}\n  expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The functions of jq 1.6, as a script may call them.
const BUILTINS: &str = "IN(1) INDEX(.) GROUP_BY(.) UNIQUE_BY(.) acos add all all(.) any any(.) arrays ascii \
    ascii_downcase ascii_upcase asin atan atan2(1;2) booleans bsearch(1) capture(\"a\") cbrt ceil combinations \
    contains(1) cos date dateadd(1;2) debug del(.a) delpaths([]) drem(1;2) empty endswith(\"a\") env error(1) exp exp10 \
    exp2 explode fabs finites first first(.) flatten flatten(1) floor fma(1;2;3) fmax(1;2) fmin(1;2) fmod(1;2) frexp \
    from_entries fromdate fromdateiso8601 fromjson fromstream(1) gamma getpath([]) gmtime group_by(.) gsub(\"a\";\"b\") \
    halt halt_error has(1) implode in({}) index(1) indices(1) infinite input inputs input_filename inside({}) isempty(.) \
    isfinite isinfinite isnan isnormal isvalid(.) iterables join(\",\") keys keys_unsorted last last(.) ldexp(1;2) \
    leaf_paths length limit(1;.) localtime log log10 log2 ltrimstr(\"a\") map(.) map_values(.) match(\"a\") max max_by(.) \
    min min_by(.) mktime nan not now nth(1) nth(1;.) nulls numbers objects path(.) paths paths(.) pow(1;2) range(1) \
    range(1;2) range(1;2;3) recurse recurse(.) recurse(.;.) reverse rindex(1) rint round rtrimstr(\"a\") scalars \
    scan(\"a\") select(.) setpath([];1) significand sin sort sort_by(.) split(\",\") split(\",\";\"g\") splits(\",\") sqrt \
    startswith(\"a\") stderr strftime(\"a\") strings strptime(\"a\") sub(\"a\";\"b\") tan test(\"a\") to_entries todate \
    todateiso8601 tojson tonumber tostream tostring transpose trunc truncate_stream(.) type unique unique_by(.) until(.;.) \
    utf8bytelength values walk(.) while(.;.) with_entries(.) @text @json @html @uri @csv @tsv @sh @base64 @base64d";

#[tokio::test]
async fn the_functions_of_jq_1_6_are_there() {
    let evaluators = evaluators();
    let mut missing = Vec::new();
    for source in BUILTINS.split_whitespace() {
        if let Err(error) = evaluators.check(Language::Jq, Form::Expression, source).await {
            missing.push(error);
        }
    }
    assert_eq!(missing, Vec::<EvaluationError>::new());
}
