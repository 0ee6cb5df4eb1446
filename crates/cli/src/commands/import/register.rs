//! Bringing found things to the server, one by one: each is accepted or refused by itself.

use std::collections::BTreeMap;

use segue_core::definition::{
    EventHandler, Schedule, TaskDef, Violation, WorkflowDef, validate_event_handler, validate_schedule,
    validate_task_def,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::item::{Item, Kind};
use super::source::LISTS;
use crate::api::Api;
use crate::error::{self, Error, Result};

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Changed,
    Unchanged,
    /// It is nothing that an import brings.
    Ignored,
    Refused,
}

impl Outcome {
    pub(super) const ALL: [Self; 5] =
        [Self::Created, Self::Changed, Self::Unchanged, Self::Ignored, Self::Refused];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Ignored => "ignored",
            Self::Refused => "refused",
        }
    }
}

type Key = (Kind, String, Option<i64>);
type Taken = (Outcome, Option<String>);

/// Whether schedules that are new here fire at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Schedules {
    /// As they say.
    AsTheyAre,
    /// Not yet: another server fires them.
    Paused,
}

pub(super) struct Registrar<'a> {
    api: &'a Api,
    dry_run: bool,
    schedules: Schedules,
    /// What the server has, and what of it is paused.
    there: BTreeMap<Key, (Value, bool)>,
    /// What this import brought, and from where.
    brought: BTreeMap<Key, (Value, String)>,
}

impl<'a> Registrar<'a> {
    pub(super) async fn new(api: &'a Api, dry_run: bool, schedules: Schedules) -> Result<Self> {
        let mut there = BTreeMap::new();
        for (kind, path) in LISTS {
            let list = api.get(path).await?;
            for one in list.as_array().into_iter().flatten() {
                let item = Item::of(kind, one.clone(), path);
                if let Ok(meaning) = meaning(&item) {
                    there.insert(key(&item), (meaning, is_paused(one)));
                }
            }
        }
        Ok(Self { api, dry_run, schedules, there, brought: BTreeMap::new() })
    }

    /// Registers a thing, or says why not. Fails only if the server does.
    pub(super) async fn take(&mut self, item: &Item) -> Result<Taken> {
        let because = |outcome, reason: &str| Ok((outcome, Some(reason.to_owned())));
        if item.kind == Kind::Unknown {
            return because(Outcome::Ignored, "no definition, event handler or schedule");
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
        let (outcome, was_paused) = match self.there.get(&key) {
            Some((there, paused)) if *there == meaning => (Outcome::Unchanged, *paused),
            Some((_, paused)) => (Outcome::Changed, *paused),
            None => (Outcome::Created, is_paused(&item.body) || self.schedules == Schedules::Paused),
        };
        self.brought.insert(key, (meaning, item.place.clone()));
        if outcome == Outcome::Unchanged {
            return Ok((outcome, None));
        }
        match self.send(item, outcome, was_paused).await {
            Ok(()) => Ok((outcome, self.note(item, outcome, was_paused))),
            Err(error) if error.kind == error::Kind::Usage => because(Outcome::Refused, &error.message),
            Err(error) => Err(error),
        }
    }

    async fn send(&self, item: &Item, outcome: Outcome, paused: bool) -> Result<()> {
        let body = &item.body;
        match (item.kind, self.dry_run) {
            (Kind::Task, true) => check(body, validate_task_def),
            (Kind::Task, false) => self.api.post("/metadata/taskdefs", &json!([body])).await.map(drop),
            (Kind::EventHandler, true) => check(body, validate_event_handler),
            (Kind::EventHandler, false) if outcome == Outcome::Changed => {
                self.api.put("/event", Some(body)).await.map(drop)
            }
            (Kind::EventHandler, false) => self.api.post("/event", body).await.map(drop),
            (Kind::Schedule, true) => check(body, validate_schedule),
            (Kind::Schedule, false) => {
                self.api.post("/scheduler/schedules", &with_pause(body, paused)).await.map(drop)
            }
            (_, true) => self.api.post("/metadata/workflow/validate", body).await.map(drop),
            (_, false) => self.api.post("/metadata/workflow?overwrite=true", body).await.map(drop),
        }
    }

    /// What a user has to know of a thing that was taken.
    fn note(&self, item: &Item, outcome: Outcome, paused: bool) -> Option<String> {
        let is_held = paused && outcome == Outcome::Created && !is_paused(&item.body);
        is_held.then(|| {
            format!(
                "paused, as the other server fires it; `segue schedule resume {}` moves it here",
                item.name
            )
        })
    }
}

/// Whether a schedule does not fire. Being paused is not part of what it means: it is resumed where it is to fire.
fn is_paused(body: &Value) -> bool {
    body.get("paused") == Some(&Value::Bool(true))
}

fn with_pause(body: &Value, paused: bool) -> Value {
    let mut body = body.clone();
    body["paused"] = paused.into();
    body
}

/// What the server would say of a thing.
fn check<T: DeserializeOwned>(body: &Value, validate: fn(&T) -> Vec<Violation>) -> Result<()> {
    let read: T = serde_json::from_value(body.clone()).map_err(|error| Error::usage(error.to_string()))?;
    let told: Vec<String> = validate(&read)
        .iter()
        .map(|violation| format!("{}: {}", violation.path, violation.message))
        .collect();
    if told.is_empty() { Ok(()) } else { Err(Error::usage(told.join("\n  "))) }
}

fn key(item: &Item) -> Key {
    (item.kind, item.name.clone(), item.version)
}

/// A thing without what is only about its registration, every default written out.
fn meaning(item: &Item) -> std::result::Result<Value, String> {
    let written = match item.kind {
        Kind::Task => written(&item.body, |definition: &mut TaskDef| {
            (definition.create_time, definition.update_time) = (0, 0);
        }),
        Kind::EventHandler => written(&item.body, |_: &mut EventHandler| {}),
        Kind::Schedule => written(&item.body, |schedule: &mut Schedule| {
            (schedule.create_time, schedule.updated_time) = (0, 0);
            (schedule.created_by, schedule.updated_by) = (None, None);
            (schedule.paused, schedule.paused_reason) = (false, None);
        }),
        Kind::Workflow | Kind::Unknown => written(&item.body, |definition: &mut WorkflowDef| {
            (definition.create_time, definition.update_time) = (0, 0);
        }),
    };
    written.map_err(|error| error.to_string())
}

fn written<T: DeserializeOwned + Serialize>(body: &Value, strip: fn(&mut T)) -> serde_json::Result<Value> {
    let mut read: T = serde_json::from_value(body.clone())?;
    strip(&mut read);
    serde_json::to_value(read)
}
