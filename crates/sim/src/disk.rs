//! The way to the store: batches are taken, applied, answered; or they fail, or their answer does.

use rand::Rng;
use segue_store::contract::{Appended, Error as StoreError};

use crate::host::Flight;
use crate::world::World;
use crate::{Check, Plant};

impl World {
    pub(crate) fn take_batch(&mut self, host: usize) -> Check {
        let Some(batch) = self.hosts[host].node.take_batch() else { return Ok(()) };
        self.note(|| {
            let list: Vec<String> = batch
                .appends
                .iter()
                .map(|append| {
                    let events: Vec<String> = append
                        .record
                        .events
                        .iter()
                        .map(|event| {
                            let text = format!("{event:?}");
                            text.split([' ', '(']).next().unwrap_or_default().to_owned()
                        })
                        .collect();
                    format!("{} {}+1 [{}]", append.execution, append.expected_seq, events.join(" "))
                })
                .collect();
            format!("host {host} takes batch {}: {}", batch.id, list.join(", "))
        });
        if self.plant == Some(Plant::AckBeforeCommit) {
            let now = self.hosts[host].now(self.now);
            let outcomes = vec![Appended::Committed { position: 0 }; batch.appends.len()];
            self.hosts[host].node.committed(batch.id, outcomes, now);
        }
        self.hosts[host].flights.push(Flight { batch, outcomes: None });
        Ok(())
    }

    /// The store takes a batch, whatever its sender does meanwhile.
    pub(crate) fn apply_batch(&mut self, host: usize, flight: usize) -> Check {
        if self.hosts[host].flights[flight].outcomes.is_some() {
            return Ok(());
        }
        let appends = self.hosts[host].flights[flight].batch.appends.clone();
        let id = self.hosts[host].flights[flight].batch.id;
        let outcomes = self.store.append(appends, &mut self.rng)?;
        self.note(|| format!("the store takes batch {id} of host {host}: {outcomes:?}"));
        self.hosts[host].flights[flight].outcomes = Some(outcomes);
        Ok(())
    }

    /// The sender hears what became of a batch.
    pub(crate) fn tell_outcome(&mut self, host: usize, flight: usize) -> Check {
        if self.hosts[host].is_frozen(self.now) || self.hosts[host].flights[flight].outcomes.is_none() {
            return Ok(());
        }
        let Flight { batch, outcomes } = self.hosts[host].flights.swap_remove(flight);
        let now = self.hosts[host].now(self.now);
        let outcomes = outcomes.unwrap_or_default();
        self.summary.conflicts +=
            outcomes.iter().filter(|outcome| matches!(outcome, Appended::Conflict)).count() as u64;
        if self.plant != Some(Plant::AckBeforeCommit) {
            self.hosts[host].node.committed(batch.id, outcomes, now);
        }
        self.note(|| format!("host {host} hears of batch {}", batch.id));
        Ok(())
    }

    /// The sender hears an error, whether or not the batch is durable, or ever will be.
    pub(crate) fn lose_batch(&mut self, host: usize, flight: usize) {
        if self.hosts[host].is_frozen(self.now) {
            return;
        }
        let Flight { batch, outcomes } = self.hosts[host].flights.swap_remove(flight);
        self.faults += 1;
        let was_applied = outcomes.is_some();
        let arrives_late = !was_applied && self.setup.traits.shared && self.rng.random_bool(0.5);
        let now = self.hosts[host].now(self.now);
        let error = StoreError::Unavailable("simulated".into());
        self.note(|| {
            format!("host {host} loses batch {} (durable: {was_applied}, late: {arrives_late})", batch.id)
        });
        if arrives_late {
            self.lost.push(batch.appends);
        }
        self.hosts[host].node.commit_failed(batch.id, &error, now);
    }

    /// A batch that its sender gave up arrives after all.
    pub(crate) fn land_lost(&mut self) -> Check {
        if self.lost.is_empty() {
            return Ok(());
        }
        let index = self.rng.random_range(0..self.lost.len());
        let batch = self.lost.swap_remove(index);
        let outcomes = self.store.append(batch, &mut self.rng)?;
        self.note(|| format!("a lost batch arrives: {outcomes:?}"));
        Ok(())
    }

    /// A node ends in the middle of whatever it did, and another one opens in its place.
    pub(crate) fn crash(&mut self, host: usize) -> Check {
        self.note(|| format!("host {host} crashes"));
        self.summary.crashes += 1;
        self.faults += 1;
        for flight in std::mem::take(&mut self.hosts[host].flights) {
            if flight.outcomes.is_some() {
                continue;
            }
            match self.rng.random_range(0..3) {
                0 => drop(self.store.append(flight.batch.appends, &mut self.rng)?),
                1 if self.setup.traits.shared => self.lost.push(flight.batch.appends),
                _ => {}
            }
        }
        self.calls.retain(|_, call| call.host != host);
        let fresh = self.open_host(host);
        self.hosts[host] = fresh;
        Ok(())
    }
}
