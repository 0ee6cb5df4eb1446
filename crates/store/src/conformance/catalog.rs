//! Registered definitions.

use segue_core::json::Json;

use super::Fixture;
use crate::contract::{CatalogEntry, Overwrite, Shelf};

fn entry(kind: Shelf, name: &str, version: u32, body: &str) -> CatalogEntry {
    CatalogEntry { kind, name: name.into(), version, body: Json::parse(body.into()).expect("json") }
}

/// Entries are kept byte for byte, in order, and every change raises the revision.
pub async fn entries_come_and_go(fixture: &impl Fixture) {
    use Shelf::{EventHandler, Schedule, TaskDef, TaskTag, WorkflowDef, WorkflowTag};
    let store = fixture.fresh().await;
    let (first, entries) = store.catalog().await.expect("catalog");
    assert_eq!(entries, []);
    let put = vec![
        entry(Schedule, "s", 0, "{}"),
        entry(EventHandler, "e", 0, "{}"),
        entry(TaskTag, "t", 0, "{}"),
        entry(WorkflowTag, "w\nä", 0, "{}"),
        entry(TaskDef, "t", 0, "{ \"b\":1, \"a\":2.0 }"),
        entry(WorkflowDef, "w", 10, "{}"),
        entry(WorkflowDef, "w", 9, "{\"v\":9}"),
        entry(WorkflowDef, "W", 1, "{}"),
    ];
    assert_eq!(store.put_entries(put.clone(), Overwrite::Refused).await.expect("put"), None);
    let (second, entries) = store.catalog().await.expect("catalog");
    assert!(second > first);
    assert_eq!(store.catalog_revision().await.expect("revision"), second);
    let sorted: Vec<_> = [7, 6, 5, 4, 3, 2, 1, 0].map(|at: usize| put[at].clone()).into();
    assert_eq!(entries, sorted, "by kind, name, version");
    assert_eq!(entries[3].body.text(), "{ \"b\":1, \"a\":2.0 }");

    let changed = entry(WorkflowDef, "w", 9, "{\"v\":10}");
    let put = store.put_entries(vec![changed.clone()], Overwrite::Allowed).await.expect("put");
    assert_eq!(put, None);
    let (third, entries) = store.catalog().await.expect("catalog");
    assert!(third > second);
    assert_eq!((entries.len(), &entries[1]), (8, &changed));

    assert!(store.delete_entry(WorkflowDef, "w", 9).await.expect("delete"));
    assert!(!store.delete_entry(WorkflowDef, "w", 9).await.expect("delete"));
    assert!(!store.delete_entry(TaskDef, "w", 10).await.expect("delete"), "another shelf");
    let (fourth, entries) = store.catalog().await.expect("catalog");
    assert!(fourth > third);
    assert_eq!(entries.len(), 7);
    assert_eq!(store.put_entries(vec![], Overwrite::Refused).await.expect("put"), None);
}

/// If one entry exists already, none is stored, and that one is named.
pub async fn a_refused_overwrite_changes_nothing(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let there = entry(Shelf::TaskDef, "there", 0, "{\"old\":true}");
    store.put_entries(vec![there.clone()], Overwrite::Refused).await.expect("put");
    let before = store.catalog().await.expect("catalog");
    let put = vec![
        entry(Shelf::TaskDef, "new", 0, "{}"),
        entry(Shelf::TaskDef, "there", 0, "{\"old\":false}"),
        entry(Shelf::TaskDef, "newer", 0, "{}"),
    ];
    let existing = store.put_entries(put, Overwrite::Refused).await.expect("put");
    assert_eq!(existing, Some(there), "as it is stored");
    assert_eq!(store.catalog().await.expect("catalog"), before);
    assert_eq!(store.catalog_revision().await.expect("revision"), before.0);
    let twice = vec![entry(Shelf::TaskDef, "x", 0, "{}"), entry(Shelf::TaskDef, "x", 0, "[]")];
    let existing = store.put_entries(twice.clone(), Overwrite::Refused).await.expect("put");
    assert_eq!(existing.as_ref(), Some(&twice[0]), "the first of the two");
    assert_eq!(store.catalog().await.expect("catalog"), before);
    assert_eq!(store.put_entries(twice.clone(), Overwrite::Allowed).await.expect("put"), None);
    assert_eq!(store.catalog().await.expect("catalog").1[1], twice[1], "the later wins");
}

/// The catalog and its revision outlive the store.
pub async fn the_catalog_survives_a_reopen(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let put = vec![entry(Shelf::WorkflowDef, "w", 1, "{}"), entry(Shelf::TaskDef, "t", 0, "{}")];
    store.put_entries(put, Overwrite::Refused).await.expect("put");
    let before = store.catalog().await.expect("catalog");
    let Some(store) = fixture.reopen(store).await else { return };
    assert_eq!(store.catalog().await.expect("catalog"), before);
}
