//! The definitions of one node in memory.

use segue_core::json::Json;
use segue_engine::Catalog;
use segue_store::contract::{CatalogEntry, Shelf};
use serde_json::json;

#[test]
fn an_older_reading_does_not_undo_a_newer_one() {
    let entry = |name: &str| CatalogEntry {
        kind: Shelf::TaskDef,
        name: name.into(),
        version: 1,
        body: Json::of(&json!({"name": name})),
    };
    let catalog = Catalog::default();
    catalog.replace(2, vec![entry("a"), entry("b")]);
    catalog.replace(1, vec![entry("a")]);
    assert!(catalog.task("b").is_some(), "its registration was answered already");
    assert_eq!(catalog.revision(), 2);
    catalog.replace(3, vec![entry("c")]);
    assert!(catalog.task("b").is_none() && catalog.task("c").is_some());
}
