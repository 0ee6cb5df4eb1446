//! Finding executions.

use std::sync::Arc;

use segue_core::event::{Event, ExecutionStarted};
use segue_core::status::ExecutionStatus;

use super::draft::{Draft, START, execution, started};
use super::{Fixture, commit};
use crate::contract::{
    Comparison, Direction, Field, Filter, Operand, SearchPage, SearchRequest, Store, TOTAL_MAX,
};
use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Like, NotEqual};

/// An order as a request takes it.
type Order = Vec<(Field, Direction)>;

/// Five executions that differ in every field.
async fn populate(store: &Arc<dyn Store>) {
    let start = |n: u64, name: &str, change: &dyn Fn(&mut ExecutionStarted)| {
        let mut content = started(name);
        change(&mut content);
        Draft::of(execution(n), 0).at(n as i64 * 10).event(Event::ExecutionStarted(Box::new(content)))
    };
    let batch = vec![
        start(1, "order", &|content| content.correlation_id = Some("c-1".into())).wake(1),
        start(2, "order_eu", &|content| content.version = 2).wake(1),
        start(3, "Order", &|content| content.priority = 9).wake(1),
        start(4, "rechnung*", &|content| content.parent = Some(execution(1).task(7))).wake(1),
        start(5, "\u{e4}", &|content| content.correlation_id = Some("C-1[?]".into())).wake(1),
        Draft::of(execution(2), 1).at(100).ended(ExecutionStatus::Failed, Some("no 'money' %_")),
        Draft::of(execution(3), 1).at(90).ended(ExecutionStatus::Completed, None),
        Draft::of(execution(4), 1).at(80).event(Event::ExecutionPaused),
    ];
    commit(store, batch.into_iter().map(Draft::build).collect()).await;
}

async fn search(store: &Arc<dyn Store>, filter: Filter) -> SearchPage {
    let request =
        SearchRequest { filter, order: vec![(Field::Id, Direction::Ascending)], offset: 0, count_max: 100 };
    store.search(request).await.expect("search")
}

/// Which of `execution(1)` … `execution(5)` match.
async fn found(store: &Arc<dyn Store>, filter: Filter) -> Vec<u64> {
    let page = search(store, filter).await;
    assert_eq!((page.total, page.total_capped), (page.rows.len() as u64, false));
    let number = |row: &crate::contract::ExecutionRow| (1..=5).find(|&n| execution(n) == row.id);
    page.rows.iter().map(|row| number(row).expect("one of the five")).collect()
}

fn text(field: Field, comparison: Comparison, operand: &str) -> Filter {
    Filter::Compare(field, comparison, Operand::Text(operand.into()))
}

fn number(field: Field, comparison: Comparison, operand: i64) -> Filter {
    Filter::Compare(field, comparison, Operand::Number(operand))
}

/// Each field compares in each way; text by bytes, `*` as a run, everything else in a pattern as itself.
pub async fn every_field_compares(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    populate(&store).await;
    let third = execution(3).to_string();
    let parent = execution(1).to_string();
    let cases: Vec<(Filter, &[u64])> = vec![
        (text(Field::Id, Equal, &third), &[3]),
        (text(Field::Id, NotEqual, &third), &[1, 2, 4, 5]),
        (text(Field::Id, Less, &third), &[1, 2]),
        (text(Field::Id, LessOrEqual, &third), &[1, 2, 3]),
        (text(Field::Id, Greater, &third), &[4, 5]),
        (text(Field::Id, GreaterOrEqual, &third[..30]), &[3, 4, 5]),
        (text(Field::Id, Like, &format!("*{}", &third[9..])), &[3]),
        (text(Field::Id, Like, &format!("{}*", &third[..4])), &[1, 2, 3, 4, 5]),
        (text(Field::Id, Equal, &third.to_uppercase()), &[]),
        (text(Field::Id, Equal, "no id"), &[]),
        (text(Field::Id, NotEqual, "no id"), &[1, 2, 3, 4, 5]),
        (text(Field::Id, Less, "zzz"), &[1, 2, 3, 4, 5]),
        (text(Field::Name, Equal, "order"), &[1]),
        (text(Field::Name, NotEqual, "order"), &[2, 3, 4, 5]),
        (text(Field::Name, Less, "order"), &[3]),
        (text(Field::Name, LessOrEqual, "order"), &[1, 3]),
        (text(Field::Name, Greater, "order"), &[2, 4, 5]),
        (text(Field::Name, GreaterOrEqual, "rechnung"), &[4, 5]),
        (text(Field::Name, Like, "order*"), &[1, 2]),
        (text(Field::Name, Like, "*r*"), &[1, 2, 3, 4]),
        (text(Field::Name, Like, "order_e?"), &[]),
        (text(Field::Name, Like, "order?eu"), &[]),
        (text(Field::Name, Like, "\u{e4}"), &[5]),
        (number(Field::Version, Equal, 2), &[2]),
        (number(Field::Version, NotEqual, 2), &[1, 3, 4, 5]),
        (number(Field::Version, Less, 2), &[1, 3, 4, 5]),
        (number(Field::Version, GreaterOrEqual, -5), &[1, 2, 3, 4, 5]),
        (text(Field::Status, Equal, "RUNNING"), &[1, 5]),
        (text(Field::Status, NotEqual, "RUNNING"), &[2, 3, 4]),
        (text(Field::Status, Like, "*ED"), &[2, 3, 4]),
        (text(Field::Status, Equal, "running"), &[]),
        (text(Field::CorrelationId, Equal, "c-1"), &[1]),
        (text(Field::CorrelationId, NotEqual, "c-1"), &[2, 3, 4, 5]),
        (text(Field::CorrelationId, Less, "c"), &[5]),
        (text(Field::CorrelationId, Like, "*-1*"), &[1, 5]),
        (text(Field::CorrelationId, Like, "C-1[?]"), &[5]),
        (text(Field::CorrelationId, Like, "*"), &[1, 5]),
        (number(Field::Priority, Greater, 0), &[3]),
        (number(Field::Priority, LessOrEqual, 0), &[1, 2, 4, 5]),
        (text(Field::Parent, Equal, &parent), &[4]),
        (text(Field::Parent, NotEqual, &parent), &[1, 2, 3, 5]),
        (text(Field::Parent, Like, "*"), &[4]),
        (text(Field::Parent, GreaterOrEqual, "0"), &[4]),
        (number(Field::StartedAt, Equal, START.0 + 20), &[2]),
        (number(Field::StartedAt, Less, START.0 + 20), &[1]),
        (number(Field::UpdatedAt, GreaterOrEqual, START.0 + 80), &[2, 3, 4]),
        (number(Field::EndedAt, Greater, START.0 + 90), &[2]),
        (number(Field::EndedAt, NotEqual, START.0 + 90), &[1, 2, 4, 5]),
        (number(Field::EndedAt, LessOrEqual, i64::MAX), &[2, 3]),
        (text(Field::Reason, Equal, "no 'money' %_"), &[2]),
        (text(Field::Reason, Like, "*'*' %*"), &[2]),
        (text(Field::Reason, Like, "*x*"), &[]),
        // An operand of the other kind equals nothing.
        (text(Field::Version, Equal, "1"), &[]),
        (text(Field::Version, NotEqual, "1"), &[1, 2, 3, 4, 5]),
        (text(Field::Version, Like, "*"), &[]),
        (text(Field::StartedAt, Less, "zzz"), &[]),
        (number(Field::Name, Greater, 0), &[]),
        (number(Field::Name, Like, 0), &[]),
        (number(Field::Id, NotEqual, 0), &[1, 2, 3, 4, 5]),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&store, filter.clone()).await, expected, "{filter:?}");
    }
}

/// `All` and `Any` nest; empty, they are true and false.
pub async fn filters_nest(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    populate(&store).await;
    let running = || text(Field::Status, Equal, "RUNNING");
    let second = || number(Field::Version, Equal, 2);
    let cases: Vec<(Filter, &[u64])> = vec![
        (Filter::All(vec![]), &[1, 2, 3, 4, 5]),
        (Filter::Any(vec![]), &[]),
        (Filter::All(vec![Filter::All(vec![]), Filter::Any(vec![])]), &[]),
        (Filter::Any(vec![Filter::Any(vec![]), Filter::All(vec![])]), &[1, 2, 3, 4, 5]),
        (Filter::Any(vec![running(), second()]), &[1, 2, 5]),
        (Filter::All(vec![running(), second()]), &[]),
        (Filter::All(vec![running(), Filter::Any(vec![second(), text(Field::Name, Like, "o*")])]), &[1]),
        (Filter::Not(Box::new(running())), &[2, 3, 4]),
        (Filter::Not(Box::new(Filter::Any(vec![running(), second()]))), &[3, 4]),
        // There is no third beside true and false.
        (Filter::Not(Box::new(text(Field::CorrelationId, Less, "d"))), &[2, 3, 4]),
        (Filter::Not(Box::new(number(Field::EndedAt, Greater, 0))), &[1, 4, 5]),
        (Filter::Not(Box::new(Filter::Not(Box::new(text(Field::Parent, Like, "*"))))), &[4]),
        (Filter::IsNull(Field::CorrelationId), &[2, 3, 4]),
        (Filter::Not(Box::new(Filter::IsNull(Field::Parent))), &[4]),
        (
            Filter::Any(vec![
                Filter::All(vec![running(), text(Field::CorrelationId, Equal, "c-1")]),
                Filter::All(vec![second(), text(Field::Status, Equal, "FAILED")]),
                Filter::All(vec![second(), running()]),
            ]),
            &[1, 2],
        ),
    ];
    for (filter, expected) in cases {
        assert_eq!(found(&store, filter.clone()).await, expected, "{filter:?}");
    }
}

/// Pages follow the asked order, fields without value first when ascending; ties go newest first.
pub async fn pages_are_ordered(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    populate(&store).await;
    // Started at the same instant as the fifth: told apart by id alone.
    commit(&store, vec![Draft::start(execution(6), "order").at(50).wake(1).build()]).await;
    let (up, down) = (Direction::Ascending, Direction::Descending);
    let cases: Vec<(Order, [u64; 6])> = vec![
        (vec![], [6, 5, 4, 3, 2, 1]),
        (vec![(Field::StartedAt, up)], [1, 2, 3, 4, 6, 5]),
        (vec![(Field::Id, up)], [1, 2, 3, 4, 5, 6]),
        (vec![(Field::Name, up)], [3, 6, 1, 2, 4, 5]),
        (vec![(Field::Name, down), (Field::StartedAt, up)], [5, 4, 2, 1, 6, 3]),
        (vec![(Field::EndedAt, up)], [6, 5, 4, 1, 3, 2]),
        (vec![(Field::EndedAt, down)], [2, 3, 6, 5, 4, 1]),
        (vec![(Field::Status, up), (Field::Id, up)], [3, 2, 4, 1, 5, 6]),
        (vec![(Field::Priority, down), (Field::Version, down)], [3, 2, 6, 5, 4, 1]),
        (vec![(Field::CorrelationId, down)], [1, 5, 6, 4, 3, 2]),
        (vec![(Field::Parent, down)], [4, 6, 5, 3, 2, 1]),
        (vec![(Field::Reason, down)], [2, 6, 5, 4, 3, 1]),
        (vec![(Field::UpdatedAt, down)], [2, 3, 4, 6, 5, 1]),
    ];
    for (order, expected) in cases {
        let expected: Vec<_> = expected.into_iter().map(execution).collect();
        for page in [1, 4, 6, 100] {
            let mut ids = Vec::new();
            loop {
                let request = SearchRequest {
                    filter: Filter::All(vec![]),
                    order: order.clone(),
                    offset: ids.len(),
                    count_max: page,
                };
                let found = store.search(request).await.expect("search");
                assert_eq!((found.total, found.total_capped), (6, false));
                if found.rows.is_empty() {
                    break;
                }
                ids.extend(found.rows.iter().map(|row| row.id));
            }
            assert_eq!(ids, expected, "{order:?}, {page} at a time");
        }
    }
}

/// The row of an execution is what its records say, field by field.
pub async fn a_row_follows_its_execution(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let one = execution(1);
    assert_eq!(store.row(one).await.expect("row"), None);
    let content = ExecutionStarted {
        version: 3,
        correlation_id: Some("key".into()),
        priority: 99,
        parent: Some(execution(9).task(4)),
        ..started("order")
    };
    let start = Draft::of(one, 0).at(5).event(Event::ExecutionStarted(Box::new(content.clone()))).wake(70);
    commit(&store, vec![start.build()]).await;
    let row = store.row(one).await.expect("row").expect("exists");
    assert_eq!((row.id, row.seq, &*row.name, row.version), (one, 1, "order", 3));
    assert_eq!((row.status, row.priority, row.parent), (ExecutionStatus::Running, 99, content.parent));
    assert_eq!((row.correlation_id.as_deref(), row.blueprint), (Some("key"), content.blueprint));
    assert_eq!((row.started_at, row.updated_at, row.ended_at), (START + 5, START + 5, None));
    assert_eq!((row.reason.clone(), row.wake_at), (None, Some(START + 70)));

    commit(&store, vec![Draft::of(one, 1).at(8).ended(ExecutionStatus::Failed, Some("why")).build()]).await;
    let row = store.row(one).await.expect("row").expect("exists");
    assert_eq!((row.seq, row.status, row.reason.as_deref()), (2, ExecutionStatus::Failed, Some("why")));
    assert_eq!((row.updated_at, row.ended_at, row.wake_at), (START + 8, Some(START + 8), None));
    assert_eq!((row.started_at, row.priority), (START + 5, 99), "the rest stays");

    let retried = Draft::of(one, 2).at(9).event(Event::ExecutionRetried).wake(80);
    commit(&store, vec![retried.build()]).await;
    let row = store.row(one).await.expect("row").expect("exists");
    assert_eq!((row.seq, row.status, row.reason, row.ended_at), (3, ExecutionStatus::Running, None, None));
    let page = search(&store, Filter::All(vec![])).await;
    assert_eq!(page.rows, [store.row(one).await.expect("row").expect("exists")], "search shows the same");
}

/// Statuses are counted; one that no execution has is left out.
pub async fn counts_by_status(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    assert_eq!(store.counts().await.expect("counts"), []);
    populate(&store).await;
    let counts = store.counts().await.expect("counts");
    use ExecutionStatus::{Completed, Failed, Paused, Running};
    assert_eq!(counts, [(Running, 2), (Paused, 1), (Completed, 1), (Failed, 1)]);
    assert!(store.remove(execution(3)).await.expect("remove"));
    commit(&store, vec![Draft::of(execution(4), 2).event(Event::ExecutionResumed).build()]).await;
    assert_eq!(store.counts().await.expect("counts"), [(Running, 3), (Failed, 1)]);
}

/// The total is exact up to the cap, and says when it stopped there.
pub async fn totals_are_capped(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    for chunk in 0..TOTAL_MAX / 500 {
        let starts = (1..=500).map(|n| Draft::start(execution(chunk * 500 + n), "a").wake(1).build());
        commit(&store, starts.collect()).await;
    }
    let all = || SearchRequest { filter: Filter::All(vec![]), order: vec![], offset: 0, count_max: 3 };
    let page = store.search(all()).await.expect("search");
    assert_eq!((page.rows.len(), page.total, page.total_capped), (3, TOTAL_MAX, false));
    commit(&store, vec![Draft::start(execution(TOTAL_MAX + 1), "b").wake(1).build()]).await;
    let page = store.search(all()).await.expect("search");
    assert_eq!((page.total, page.total_capped), (TOTAL_MAX, true));
    let last = SearchRequest { offset: TOTAL_MAX as usize, count_max: 10, ..all() };
    let page = store.search(last).await.expect("search");
    assert_eq!((page.rows.len(), page.total_capped), (1, true), "pages go beyond the cap");
    let few = SearchRequest { filter: text(Field::Name, Equal, "b"), ..all() };
    let page = store.search(few).await.expect("search");
    assert_eq!((page.total, page.total_capped), (1, false));
}
