//! Bringing found things to the server, one by one: each is accepted or refused by itself.

use std::collections::BTreeMap;

use segue_core::definition::{TaskDef, WorkflowDef, validate_task_def};
use serde_json::Value;

use super::item::{Item, Kind};
use crate::api::Api;
use crate::error::{self, Error, Result};

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Changed,
    Unchanged,
    /// The server has no place for it yet.
    KeptAside,
    /// It is nothing that an import brings.
    Ignored,
    Refused,
}

impl Outcome {
    pub(super) const ALL: [Self; 6] =
        [Self::Created, Self::Changed, Self::Unchanged, Self::KeptAside, Self::Ignored, Self::Refused];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::KeptAside => "kept aside",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
        }
    }
}

type Key = (Kind, String, Option<i64>);
type Taken = (Outcome, Option<String>);

pub(super) struct Registrar<'a> {
    api: &'a Api,
    dry_run: bool,
    /// What the server has.
    there: BTreeMap<Key, Value>,
    /// What this import brought, and from where.
    brought: BTreeMap<Key, (Value, String)>,
}

impl<'a> Registrar<'a> {
    pub(super) async fn new(api: &'a Api, dry_run: bool) -> Result<Self> {
        let mut there = BTreeMap::new();
        for (kind, path) in [(Kind::Task, "/metadata/taskdefs"), (Kind::Workflow, "/metadata/workflow")] {
            let list = api.get(path).await?;
            for one in list.as_array().into_iter().flatten() {
                let item = Item::of(kind, one.clone(), path);
                if let Ok(meaning) = meaning(&item) {
                    there.insert(key(&item), meaning);
                }
            }
        }
        Ok(Self { api, dry_run, there, brought: BTreeMap::new() })
    }

    /// Registers a thing, or says why not. Fails only if the server does.
    pub(super) async fn take(&mut self, item: &Item) -> Result<Taken> {
        let because = |outcome, reason: &str| Ok((outcome, Some(reason.to_owned())));
        match item.kind {
            Kind::Unknown => return because(Outcome::Ignored, "no definition, event handler or schedule"),
            Kind::EventHandler => return because(Outcome::KeptAside, "the server has no event handlers yet"),
            Kind::Schedule => return because(Outcome::KeptAside, "the server has no schedules yet"),
            Kind::Task | Kind::Workflow => {}
        }
        let meaning = match meaning(item) {
            Ok(meaning) => meaning,
            Err(reason) => return because(Outcome::Refused, &reason),
        };
        let key = key(item);
        if let Some((earlier, place)) = self.brought.get(&key) {
            return if *earlier == meaning {
                Ok((Outcome::Unchanged, None))
            } else {
                because(Outcome::Refused, &format!("{} says something else than {place}", item.place))
            };
        }
        let outcome = match self.there.get(&key) {
            Some(there) if *there == meaning => Outcome::Unchanged,
            Some(_) => Outcome::Changed,
            None => Outcome::Created,
        };
        self.brought.insert(key, (meaning, item.place.clone()));
        if outcome == Outcome::Unchanged {
            return Ok((outcome, None));
        }
        match self.send(item).await {
            Ok(()) => Ok((outcome, None)),
            Err(error) if error.kind == error::Kind::Usage => because(Outcome::Refused, &error.message),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, item: &Item) -> Result<()> {
        match (item.kind, self.dry_run) {
            (Kind::Task, true) => check_task(&item.body),
            (Kind::Task, false) => {
                let list = Value::Array(vec![item.body.clone()]);
                self.api.post("/metadata/taskdefs", &list).await.map(drop)
            }
            (_, true) => self.api.post("/metadata/workflow/validate", &item.body).await.map(drop),
            (_, false) => self.api.post("/metadata/workflow?overwrite=true", &item.body).await.map(drop),
        }
    }
}

/// What the server would say of a task definition.
fn check_task(body: &Value) -> Result<()> {
    let definition: TaskDef =
        serde_json::from_value(body.clone()).map_err(|error| Error::usage(error.to_string()))?;
    let violations = validate_task_def(&definition);
    let told: Vec<String> =
        violations.iter().map(|violation| format!("{}: {}", violation.path, violation.message)).collect();
    if told.is_empty() { Ok(()) } else { Err(Error::usage(told.join("\n  "))) }
}

fn key(item: &Item) -> Key {
    (item.kind, item.name.clone(), item.version)
}

/// A definition without what is only about its registration, every default written out.
fn meaning(item: &Item) -> std::result::Result<Value, String> {
    let read = match item.kind {
        Kind::Task => serde_json::from_value::<TaskDef>(item.body.clone()).map(|mut definition| {
            (definition.create_time, definition.update_time) = (0, 0);
            serde_json::to_value(definition)
        }),
        _ => serde_json::from_value::<WorkflowDef>(item.body.clone()).map(|mut definition| {
            (definition.create_time, definition.update_time) = (0, 0);
            serde_json::to_value(definition)
        }),
    };
    read.and_then(|written| written).map_err(|error| error.to_string())
}
