//! The second phase: faults stop, everybody works on, and time goes by until nothing is left to do.

use segue_core::id::ExecutionId;
use segue_core::status::{ExecutionStatus, TaskStatus};

use crate::world::World;
use crate::{Check, broken};

/// Everything has to end within so much virtual time.
const CALM_MS_MAX: i64 = 12 * 3_600_000;
/// A poll that nothing answers is made anew after so long.
const PATIENCE_MS: i64 = 30_000;
/// An attempt that is ready, with polls parked for it at every node, is taken within this time.
const TAKEN_MS_MAX: i64 = 12_000;
/// Turns that may go by without the clock moving: more means that nodes keep each other busy for nothing.
const TURNS_MAX: u32 = 20_000;

impl World {
    pub(crate) fn calm_down(&mut self) -> Check {
        self.note(|| "calm".to_owned());
        while !self.lost.is_empty() {
            self.land_lost()?;
        }
        self.works.clear();
        for host in &mut self.hosts {
            host.frozen_until = self.now;
            (host.next_scan, host.next_post, host.next_tick) = (self.now, self.now, self.now);
        }
        let begun = self.now;
        let mut turns = 0;
        loop {
            if self.turn()? {
                turns += 1;
                if turns > TURNS_MAX {
                    return broken("nodes come to rest", format!("{} ms", self.now - begun));
                }
                continue;
            }
            turns = 0;
            if self.is_done() {
                return Ok(());
            }
            if self.now - begun > CALM_MS_MAX {
                return broken("every execution ends", self.unfinished());
            }
            self.is_anything_left_lying(begun)?;
            self.is_anything_kept_from_workers(begun)?;
            self.ask_for_the_rest();
            let next = self.next_instant();
            self.advance((next - self.now).max(1));
        }
    }

    /// Does everything that can be done without time going by; false if there was nothing.
    fn turn(&mut self) -> Check<bool> {
        let mut did = false;
        for host in 0..self.hosts.len() {
            let theirs = self.hosts[host].now(self.now);
            let due = self.hosts[host].node.next_due().is_some_and(|due| due <= theirs);
            if due || self.hosts[host].next_tick <= self.now {
                did |= due;
                self.tick(host);
            }
            self.send_duties(host);
            self.collect_wants(host);
            while !self.hosts[host].errands.is_empty() {
                did = true;
                self.run_errand(host, 0);
            }
            self.take_batch(host)?;
            while !self.hosts[host].flights.is_empty() {
                did = true;
                self.apply_batch(host, 0)?;
                self.tell_outcome(host, 0)?;
            }
        }
        self.read_inbox()?;
        did |= self.serve_polls()?;
        while let Some(work) = self.works.pop() {
            did = true;
            let host = self.any_host().unwrap_or(0);
            self.report(host, work.task, TaskStatus::Completed);
        }
        Ok(did)
    }

    fn serve_polls(&mut self) -> Check<bool> {
        let mut did = false;
        let mut index = 0;
        while index < self.polls.len() {
            let is_over = self.polls[index].until <= self.now;
            did |= is_over;
            let is_answered = if is_over { self.hurry_poll(index)? } else { self.look_at_poll(index)? };
            match is_answered {
                true => did = true,
                false => index += 1,
            }
        }
        for host in 0..self.hosts.len() {
            for number in 0..self.menu.tasks.len() {
                let name = format!("t{number}");
                if !self.polls.iter().any(|poll| poll.host == host && *poll.queue.0 == name) {
                    self.poll_queue(host, number, PATIENCE_MS);
                    did = true;
                }
            }
        }
        Ok(did)
    }

    /// Operators resume what is paused, and signals come.
    fn ask_for_the_rest(&mut self) {
        let is_asked = |world: &Self| world.calls.len() > 50;
        let paused: Vec<ExecutionId> = self
            .store
            .books
            .histories
            .iter()
            .filter(|(_, history)| history.state.status == ExecutionStatus::Paused)
            .map(|(id, _)| *id)
            .collect();
        for id in paused {
            if !is_asked(self) {
                let host = self.any_host().unwrap_or(0);
                self.resume(id, host);
            }
        }
        for (id, ordinal, reference) in self.store.books.signals() {
            if !is_asked(self) {
                let host = self.any_host().unwrap_or(0);
                self.signal(host, id, ordinal, reference, TaskStatus::Completed);
            }
        }
    }

    fn is_done(&self) -> bool {
        let books = &self.store.books;
        let all_over = books.histories.values().all(|history| history.state.status.is_terminal());
        all_over && books.mail.pending.is_empty() && self.calls.is_empty()
    }

    /// Parked polls get what is ready.
    fn is_anything_left_lying(&self, begun: segue_core::time::Timestamp) -> Check {
        for task in &self.menu.tasks {
            let limited =
                task.get("concurrentExecLimit").is_some() || task.get("rateLimitPerFrequency").is_some();
            if limited {
                continue;
            }
            let name = task["name"].as_str().unwrap_or_default();
            let queue = segue_core::event::QueueName::new(name, None);
            for ready in self.store.ready_now(&queue, self.now.plus_ms(-TAKEN_MS_MAX)) {
                let since = ready.ready_at.max(self.ready_since(ready.task)).max(begun);
                if self.now - since > TAKEN_MS_MAX {
                    return broken(
                        "parked polls get what is ready",
                        format!("{ready:?} lies since {since:?}"),
                    );
                }
            }
        }
        Ok(())
    }

    /// What was claimed since the faults stopped is with the worker that it was claimed for.
    fn is_anything_kept_from_workers(&self, begun: segue_core::time::Timestamp) -> Check {
        for (id, history) in &self.store.books.histories {
            let held = history.state.tasks().iter().filter(|task| task.is_held() && task.updated_at > begun);
            for task in held.filter(|_| !history.state.status.is_terminal()) {
                let handout = (id.task(task.ordinal), task.generation, task.poll_count);
                if !self.given.contains_key(&handout) {
                    return broken("what is claimed is handed out", format!("{handout:?}"));
                }
            }
        }
        Ok(())
    }

    /// When the attempt's execution last changed, so not before it became ready.
    fn ready_since(&self, task: segue_core::id::TaskId) -> segue_core::time::Timestamp {
        let history = self.store.books.histories.get(&task.execution());
        history.map(|history| history.state.updated_at).unwrap_or_default()
    }

    fn next_instant(&self) -> segue_core::time::Timestamp {
        let duties = self.hosts.iter().flat_map(|host| {
            let due = host.node.next_due().map(|due| due.plus_ms(host.lag_ms()));
            [Some(host.next_tick), Some(host.next_scan), Some(host.next_post), due]
        });
        let polls = self.polls.iter().map(|poll| Some(poll.until));
        duties.chain(polls).flatten().min().unwrap_or(self.now)
    }

    fn unfinished(&self) -> String {
        let books = &self.store.books;
        let open = books.histories.iter().filter(|(_, history)| !history.state.status.is_terminal());
        let list: Vec<String> = open
            .map(|(id, history)| {
                let waits = segue_core::why::why(&history.state, self.now);
                format!("{id} {} {waits:?}", history.state.status)
            })
            .collect();
        format!("executions {list:?}, messages {:?}, unanswered calls {:?}", books.mail.pending, self.calls)
    }
}
