//! The first phase: what happens next is drawn among all that may.

use rand::Rng;

use crate::Check;
use crate::setup::{Action, pick};
use crate::world::World;

impl World {
    pub(crate) fn chaos_step(&mut self) -> Check {
        match self.setup.action(&mut self.rng) {
            Action::Start => self.start(),
            Action::Operate => self.operate(),
            Action::Signal => self.signal_one(),
            Action::Read => self.read(),
            Action::Remove => self.remove(),
            Action::Poll => self.poll(),
            Action::LookAtPoll => self.look_at_a_poll()?,
            Action::EndPoll => self.end_a_poll()?,
            Action::Work => self.work()?,
            Action::TakeBatch => {
                if let Some(host) = self.any_host() {
                    self.take_batch(host)?;
                }
            }
            Action::ApplyBatch => {
                if let Some((host, flight)) = self.any_flight() {
                    self.apply_batch(host, flight)?;
                }
            }
            Action::TellOutcome => {
                if let Some((host, flight)) = self.any_flight() {
                    self.tell_outcome(host, flight)?;
                }
            }
            Action::LoseBatch => {
                if let Some((host, flight)) = self.any_flight() {
                    self.lose_batch(host, flight);
                }
            }
            Action::RunErrand => {
                if let Some((host, errand)) = self.any_errand() {
                    self.run_errand(host, errand);
                }
            }
            Action::FailErrand => {
                if let Some((host, errand)) = self.any_errand() {
                    self.fail_errand(host, errand);
                }
            }
            Action::Tick => {
                if let Some(host) = self.any_host() {
                    self.tick(host);
                }
            }
            Action::Scan => {
                if let Some(host) = self.any_host() {
                    self.send_duties(host);
                }
            }
            Action::Advance => {
                let ms = self.rng.random_range(0..300);
                self.advance(ms);
            }
            Action::Jump => {
                let ms = *pick(&mut self.rng, &[1_000, 5_000, 25_000, 80_000]);
                self.advance(ms);
                self.note(|| format!("the clock jumped by {ms} ms"));
            }
            Action::Crash => {
                let host = self.rng.random_range(0..self.hosts.len());
                self.crash(host)?;
            }
            Action::Freeze => {
                let ms = *pick(&mut self.rng, &[500, 5_000, 40_000]);
                let host = self.rng.random_range(0..self.hosts.len());
                self.hosts[host].frozen_until = self.now.plus_ms(ms);
                self.note(|| format!("host {host} freezes for {ms} ms"));
            }
            Action::LandLost => self.land_lost()?,
        }
        Ok(())
    }

    fn any_flight(&mut self) -> Option<(usize, usize)> {
        let host = self.rng.random_range(0..self.hosts.len());
        let count = self.hosts[host].flights.len();
        (count > 0).then(|| (host, self.rng.random_range(0..count)))
    }

    fn any_errand(&mut self) -> Option<(usize, usize)> {
        let host = self.any_host()?;
        self.collect_wants(host);
        let count = self.hosts[host].errands.len();
        (count > 0).then(|| (host, self.rng.random_range(0..count)))
    }
}
