//! Tags: what people write on definitions. They mean nothing to the engine.

use std::sync::Arc;

use segue_core::json::Json;
use segue_store::contract::{CatalogEntry, Shelf};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One tag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// What kind of tag (Conductor: METADATA or RATE_LIMIT).
    #[serde(rename = "type", default = "metadata")]
    pub kind: String,
    /// Its key.
    pub key: String,
    /// Its value.
    #[serde(default)]
    pub value: Value,
}

fn metadata() -> String {
    "METADATA".to_owned()
}

/// What carries tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tagged {
    /// All versions of a workflow definition.
    Workflow,
    /// A task definition.
    Task,
}

/// A tag as the catalog keeps it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Label {
    /// The definition.
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) tag: Tag,
}

impl Tagged {
    pub(crate) fn shelf(self) -> Shelf {
        match self {
            Self::Workflow => Shelf::WorkflowTag,
            Self::Task => Shelf::TaskTag,
        }
    }

    /// The catalog's entry of a tag. Its name is all that makes the tag itself, so equal tags are one.
    pub(crate) fn entry(self, name: &str, tag: &Tag) -> CatalogEntry {
        CatalogEntry {
            kind: self.shelf(),
            name: Self::entry_name(name, tag),
            version: 0,
            body: Json::of(&json!({"name": name, "type": tag.kind, "key": tag.key, "value": tag.value})),
        }
    }

    pub(crate) fn entry_name(name: &str, tag: &Tag) -> Arc<str> {
        json!([name, tag.kind, tag.key, tag.value]).to_string().into()
    }
}
