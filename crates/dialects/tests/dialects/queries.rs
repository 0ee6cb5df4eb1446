//! The search language.

use proptest::prelude::*;
use segue_dialects::query::{
    DEPTH_MAX, Direction, Expression, Kind, ORDER_MAX, Operator, TERMS_MAX, Value, Vocabulary, parse,
    parse_order,
};

const FIELDS: Vocabulary<&str> = Vocabulary(&[
    ("workflowType", "type", Kind::Text),
    ("status", "status", Kind::Text),
    ("correlationId", "key", Kind::Text),
    ("version", "version", Kind::Number),
    ("startTime", "start", Kind::Instant),
]);

/// An expression with its structure in the open.
fn shown(expression: &Expression<&str>) -> String {
    let joined = |parts: &[Expression<&str>], by: &str| {
        format!("({})", parts.iter().map(shown).collect::<Vec<_>>().join(by))
    };
    match expression {
        Expression::All(parts) => joined(parts, " & "),
        Expression::Any(parts) => joined(parts, " | "),
        Expression::Not(inner) => format!("!{}", shown(inner)),
        Expression::Fits(field, pattern) => format!("{field}~{pattern}"),
        Expression::IsNull(field) => format!("{field}?"),
        Expression::Compare(field, operator, value) => {
            let sign = match operator {
                Operator::Equal => "=",
                Operator::NotEqual => "!=",
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                Operator::GreaterOrEqual => ">=",
            };
            match value {
                Value::Text(text) => format!("{field}{sign}'{text}'"),
                Value::Number(number) => format!("{field}{sign}{number}"),
            }
        }
    }
}

#[test]
fn queries_are_read() {
    for (query, expected) in [
        ("", "()"),
        ("  ", "()"),
        ("workflowType=order", "type='order'"),
        ("workflow_type = a-b-c", "type='a-b-c'"),
        ("workflowType = 'my order' AND status != \"FAILED\"", "(type='my order' & status!='FAILED')"),
        (
            "status IN (RUNNING, 'PAUSED',\"FAILED\") and correlationId=a*",
            "((status='RUNNING' | status='PAUSED' | status='FAILED') & key~a*)",
        ),
        ("status IN (RUNNING)", "status='RUNNING'"),
        ("workflowType IN (my order, other*)", "(type='my order' | type~other*)"),
        ("status NOT IN (A,B)", "!(status='A' | status='B')"),
        ("correlationId = ''", "key=''"),
        ("correlationId = 'it''s'", "key='it's'"),
        ("correlationId <> *x*", "!key~*x*"),
        ("correlationId IS NULL OR correlationId is not null", "(key? | !key?)"),
        ("correlationId STARTS_WITH 'a b'", "key~a b*"),
        ("correlationId NOT STARTS_WITH a", "!key~a*"),
        ("startTime > 17 AND startTime<=\"18\"", "(start>17 & start<=18)"),
        ("startTime BETWEEN 1 AND 2 AND status=A", "((start>=1 & start<=2) & status='A')"),
        ("version NOT BETWEEN 1 AND 2", "!(version>=1 & version<=2)"),
        ("startTime >= 2026-01-31", "start>=1769817600000"),
        ("startTime >= '2026-01-31T00:00:00.5Z'", "start>=1769817600500"),
        ("startTime >= 2026-01-31T01:00:00+01:00", "start>=1769817600000"),
        ("startTime >= '2026-01-31 00:00'", "start>=1769817600000"),
        ("status=A OR status=B AND version=1", "(status='A' | (status='B' & version=1))"),
        ("(status=A OR status=B) AND version=1", "((status='A' | status='B') & version=1)"),
        ("NOT (status=A OR NOT status=B)", "!(status='A' | !status='B')"),
        ("((status=A))", "status='A'"),
    ] {
        let read = parse(query, FIELDS).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert_eq!(shown(&read), expected, "{query}");
    }
}

#[test]
fn what_is_wrong_with_a_query_is_told() {
    let deep = format!("{}status=A", "(".repeat(DEPTH_MAX));
    let long = format!("version IN ({})", "1,".repeat(TERMS_MAX) + "1");
    for (query, expected) in [
        (
            "status=A AND colour = red",
            "unknown field 'colour' at column 14 of the search, expected one of workflowType, status, \
             correlationId, version, startTime",
        ),
        ("status", "the search ends early at column 7, expected one of =, !="),
        ("status =", "the search ends early at column 9, expected a value"),
        ("status ~ RUNNING", "unexpected '~' at column 8"),
        (
            "status = RUNNING status = FAILED",
            "unexpected 'status' at column 18 of the search, expected AND or OR",
        ),
        ("status = RUNNING AND", "ends early at column 21, expected a field"),
        ("status IN RUNNING", "at column 11 of the search, expected ("),
        ("status IN (RUNNING", "ends early at column 19, expected , or )"),
        ("status NOT = A", "unexpected '=' at column 12 of the search, expected IN, BETWEEN or STARTS_WITH"),
        ("status IS RUNNING", "unexpected 'RUNNING' at column 11 of the search, expected NULL or NOT NULL"),
        ("(status = A", "ends early at column 12, expected AND, OR or )"),
        ("status = A)", "unexpected ')' at column 11"),
        ("correlationId = 'übel", "ends early at column 22, expected a closing quote"),
        (
            "startTime BETWEEN 1 OR 2",
            "unexpected 'OR' at column 21 of the search, expected AND and the upper",
        ),
        (
            "startTime > yesterday",
            "'yesterday' at column 13 of the search is no instant, which startTime needs",
        ),
        ("version = 1.5", "'1.5' at column 11 of the search is no number, which version needs"),
        ("version STARTS_WITH 1", "at column 21 of the search, expected a comparison of numbers"),
        (deep.as_str(), "more than 32 levels of parentheses and NOT at column 33"),
        (long.as_str(), "more than 256 comparisons at column"),
    ] {
        let told = parse(query, FIELDS).expect_err(query).to_string();
        assert!(told.contains(expected), "{query}: {told}");
    }
}

#[test]
fn orders_are_read() {
    let expected = vec![("start", Direction::Descending), ("type", Direction::Ascending)];
    assert_eq!(parse_order("startTime:DESC|workflowType", FIELDS), Ok(expected.clone()));
    assert_eq!(parse_order(" startTime:desc , workflowType:ASC,", FIELDS), Ok(expected));
    assert_eq!(parse_order("", FIELDS), Ok(vec![]));
    for (order, expected) in [
        ("status,startTime:DOWN", "unexpected 'DOWN' at column 18 of the search, expected ASC or DESC"),
        ("status| colour:ASC", "unknown field 'colour' at column 9"),
    ] {
        let told = parse_order(order, FIELDS).expect_err(order).to_string();
        assert!(told.contains(expected), "{order}: {told}");
    }
    let long = "status,".repeat(ORDER_MAX + 1);
    assert!(parse_order(&long, FIELDS).is_err());
}

/// Pieces of queries, well put together or not.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "status",
            "startTime",
            "=",
            "!=",
            "<",
            "IN",
            "(",
            ")",
            ",",
            "NOT",
            "AND",
            "OR",
            "IS",
            "NULL",
            "BETWEEN",
            "'",
            "\"",
            "*",
            "1",
            "A",
            "STARTS_WITH",
            "ü",
            " ",
            "2026-01-31",
        ])
        .prop_map(str::to_owned),
        ".{0,3}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    /// Nothing makes the reader panic, and what it complains about is there.
    #[test]
    fn any_text_is_read_or_refused(text in pieces()) {
        if let Err(error) = parse(&text, FIELDS) {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.column), "{}", error);
        }
        if let Err(error) = parse_order(&text, FIELDS) {
            prop_assert!((1..=text.chars().count() + 2).contains(&error.column), "{}", error);
        }
    }
}
