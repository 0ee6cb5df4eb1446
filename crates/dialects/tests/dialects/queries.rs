//! The search language.

use segue_dialects::query::{Condition, Direction, Field, Operator, Value, parse, parse_order};

fn one(field: Field, operator: Operator, values: &[&str]) -> Condition {
    Condition { field, operator, values: values.iter().map(|text| Value::Text((*text).to_owned())).collect() }
}

#[test]
fn queries_are_read() {
    let cases = [
        ("", vec![]),
        ("  ", vec![]),
        ("workflowType=order", vec![one(Field::WorkflowType, Operator::Equal, &["order"])]),
        (
            "workflowType = 'my order' AND status != \"FAILED\"",
            vec![
                one(Field::WorkflowType, Operator::Equal, &["my order"]),
                one(Field::Status, Operator::NotEqual, &["FAILED"]),
            ],
        ),
        (
            "status IN (RUNNING, 'PAUSED',\"FAILED\") and correlationId=a*",
            vec![
                one(Field::Status, Operator::Equal, &["RUNNING", "PAUSED", "FAILED"]),
                one(Field::CorrelationId, Operator::Equal, &["a*"]),
            ],
        ),
        ("workflow_id = a-b-c", vec![one(Field::WorkflowId, Operator::Equal, &["a-b-c"])]),
        ("correlationId = ''", vec![one(Field::CorrelationId, Operator::Equal, &[""])]),
        (
            "startTime > 17 AND endTime<=\"18\"",
            vec![
                Condition {
                    field: Field::StartTime,
                    operator: Operator::Greater,
                    values: vec![Value::Number(17)],
                },
                Condition {
                    field: Field::EndTime,
                    operator: Operator::LessOrEqual,
                    values: vec![Value::Number(18)],
                },
            ],
        ),
    ];
    for (query, expected) in cases {
        assert_eq!(parse(query), Ok(expected), "{query}");
    }
}

#[test]
fn what_is_wrong_with_a_query_is_told() {
    let cases = [
        ("colour = red", "unknown field 'colour' in the search, expected one of workflowId, workflowType"),
        ("status", "the search ends early, expected one of =, !="),
        ("status =", "the search ends early, expected a value"),
        ("status ~ RUNNING", "unexpected '~'"),
        ("status = RUNNING OR status = FAILED", "unexpected 'OR' in the search, expected AND"),
        ("status = RUNNING AND", "unknown field ''"),
        ("status IN RUNNING", "expected ("),
        ("status IN (RUNNING", "the search ends early, expected , or )"),
        ("status = 'RUNNING", "a closing quote"),
        ("startTime > yesterday", "'yesterday' is no number, which startTime needs"),
    ];
    for (query, expected) in cases {
        let told = parse(query).expect_err(query).to_string();
        assert!(told.contains(expected), "{query}: {told}");
    }
}

#[test]
fn orders_are_read() {
    let expected = vec![(Field::StartTime, Direction::Descending), (Field::WorkflowId, Direction::Ascending)];
    assert_eq!(parse_order("startTime:DESC|workflowId"), Ok(expected.clone()));
    assert_eq!(parse_order(" startTime:desc , workflowId:ASC"), Ok(expected));
    assert_eq!(parse_order(""), Ok(vec![]));
    assert!(parse_order("startTime:DOWN").is_err());
    assert!(parse_order("colour:ASC").expect_err("unknown").to_string().contains("startTime"));
}
