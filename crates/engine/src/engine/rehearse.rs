//! Rehearsals with the registered definitions.

use std::collections::HashMap;
use std::sync::Arc;

use segue_core::decide::{Definitions, Start};
use segue_core::definition::{Violation, WorkflowDef};
use segue_core::plan::Plan;

use super::{Engine, StartBy};
use crate::catalog::Catalog;
use crate::error::Error;
use crate::rehearsal::{Rehearsal, Rehearsed, Script};

/// The catalog with definitions laid over it.
struct Overlay {
    catalog: Arc<Catalog>,
    plans: HashMap<Arc<str>, Arc<Plan>>,
}

impl Definitions for Overlay {
    fn find(&self, name: &str, version: Option<u32>) -> Option<Arc<Plan>> {
        let is_asked = |plan: &&Arc<Plan>| {
            version.is_none_or(|version| i64::from(plan.definition.version) == i64::from(version))
        };
        let laid_over = self.plans.get(name).filter(is_asked);
        laid_over.cloned().or_else(|| self.catalog.find(name, version))
    }

    fn compile(&self, definition: WorkflowDef) -> Result<Arc<Plan>, Vec<Violation>> {
        self.catalog.compile(definition)
    }
}

impl Engine {
    /// Plays an execution in memory, with results from a script and a clock that jumps. `definitions` go before
    /// registered ones of the same name. Nothing is stored.
    ///
    /// # Errors
    /// [`Error::NoSuchDefinition`], [`Error::InvalidDefinition`], [`Error::Rehearsal`].
    pub async fn rehearse(
        &self,
        what: StartBy,
        start: Start,
        script: Script,
        definitions: Vec<WorkflowDef>,
    ) -> Result<Rehearsed, Error> {
        self.fresh_catalog().await?;
        let plan = self.plan(&what)?;
        let catalog = self.inner.catalog.clone();
        let plans = definitions.iter().map(|definition| {
            let plan = catalog.plan_of(definition).map_err(Error::InvalidDefinition)?;
            Ok((plan.name.clone(), plan))
        });
        let plans = plans.collect::<Result<_, Error>>()?;
        let limits = self.inner.options.limits.clone();
        let evaluator = self.inner.options.evaluator.clone();
        let now = self.now();
        let runtime = tokio::runtime::Handle::current();
        // Thousands of decisions in a row would hold up others.
        let played = tokio::task::spawn_blocking(move || {
            let definitions = Overlay { catalog, plans };
            let (definitions, evaluator, entropy) = (&definitions, &*evaluator, rand::random());
            runtime.block_on(
                Rehearsal { plan, start, script, definitions, evaluator, limits, now, entropy }.play(),
            )
        });
        // A panic while it is played is a defect, and not the caller's.
        played.await.map_err(|_| Error::ShuttingDown)?.map_err(Error::Rehearsal)
    }
}
