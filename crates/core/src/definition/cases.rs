//! The branches of a switch, in the order in which the author wrote them.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::WorkflowTask;

/// `decisionCases`: case value → tasks. Order is kept for readers; it has no effect on execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cases(Vec<(String, Vec<WorkflowTask>)>);

impl Cases {
    /// The tasks of one case. An empty list is a case that does nothing; `None` means there is no such case.
    pub fn get(&self, case: &str) -> Option<&[WorkflowTask]> {
        self.0.iter().find(|(name, _)| name == case).map(|(_, tasks)| tasks.as_slice())
    }

    /// The cases in written order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[WorkflowTask])> {
        self.0.iter().map(|(name, tasks)| (name.as_str(), tasks.as_slice()))
    }

    /// The tasks of each case, to change them in place.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Vec<WorkflowTask>> {
        self.0.iter_mut().map(|(_, tasks)| tasks)
    }

    /// How many cases there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True without any case.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(String, Vec<WorkflowTask>)> for Cases {
    /// Of two cases with one name the last wins, in the place of the first, as in any JSON object.
    fn from_iter<I: IntoIterator<Item = (String, Vec<WorkflowTask>)>>(cases: I) -> Self {
        let mut places = HashMap::new();
        let mut list: Vec<(String, Vec<WorkflowTask>)> = Vec::new();
        for (name, tasks) in cases {
            let place = *places.entry(name.clone()).or_insert(list.len());
            match list.get_mut(place) {
                Some(earlier) => earlier.1 = tasks,
                None => list.push((name, tasks)),
            }
        }
        Self(list)
    }
}

impl Serialize for Cases {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, tasks) in &self.0 {
            map.serialize_entry(name, tasks)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Cases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CasesVisitor)
    }
}

struct CasesVisitor;

impl<'de> Visitor<'de> for CasesVisitor {
    type Value = Cases;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of task lists")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cases, A::Error> {
        let mut cases = Vec::new();
        while let Some((name, tasks)) = map.next_entry::<String, Option<Vec<WorkflowTask>>>()? {
            cases.push((name, tasks.unwrap_or_default()));
        }
        Ok(cases.into_iter().collect())
    }
}
