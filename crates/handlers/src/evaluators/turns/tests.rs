use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// Turns with a clock of their own.
struct Game {
    turns: Turns<u32>,
    now: Instant,
    running: Vec<(Running, u32)>,
}

impl Game {
    fn new(slots: usize) -> Self {
        Self { turns: Turns::new(slots, 1_000), now: Instant::now(), running: Vec::new() }
    }

    fn ask(&mut self, share: &str, waiter: u32) {
        self.turns.ask(&share.into(), waiter).expect("room");
    }

    fn go(&mut self) -> Vec<u32> {
        let mut went = Vec::new();
        while let Some((running, waiter)) = self.turns.next(self.now) {
            self.running.push((running, waiter));
            went.push(waiter);
        }
        went
    }

    fn finish(&mut self, waiter: u32) {
        let at = self.running.iter().position(|(_, running)| *running == waiter).expect("it runs");
        let (running, _) = self.running.remove(at);
        self.turns.finish(&running, self.now);
    }
}

#[test]
fn queues_take_turns_and_each_is_first_in_first_out() {
    let mut game = Game::new(1);
    for (share, waiter) in [("a", 1), ("a", 2), ("a", 3), ("b", 11), ("c", 21), ("b", 12)] {
        game.ask(share, waiter);
    }
    let mut order = Vec::new();
    while let [waiter] = game.go()[..] {
        order.push(waiter);
        game.finish(waiter);
    }
    assert_eq!(order, [1, 11, 21, 2, 12, 3]);
}

#[test]
fn a_full_queue_refuses_and_takes_nothing_from_others() {
    let mut turns = Turns::new(1, 2);
    let (full, other) = ("full".into(), "other".into());
    assert_eq!([1, 2, 3].map(|waiter| turns.ask(&full, waiter)), [Ok(()), Ok(()), Err(3)]);
    assert_eq!(turns.ask(&other, 4), Ok(()));
}

#[test]
fn k_slow_scripts_leave_the_other_slots_to_the_quick() {
    for (slots, slow) in [(2, 1), (4, 1), (4, 3), (8, 7)] {
        let mut game = Game::new(slots);
        for hung in 0..slow {
            game.ask(&format!("slow {hung}"), 1_000 + hung);
        }
        assert_eq!(game.go().len(), slow as usize);
        game.now += SLOW + MS;
        // They hang for all that follows, and want to do so again.
        for hung in 0..slow {
            game.ask(&format!("slow {hung}"), 2_000 + hung);
        }
        for waiter in 0..100 {
            game.ask(if waiter % 2 == 0 { "even" } else { "odd" }, waiter);
        }
        let mut done = Vec::new();
        while let Some(waiter) = {
            game.go();
            game.running.iter().map(|(_, waiter)| *waiter).find(|waiter| *waiter < 1_000)
        } {
            game.now += MS;
            game.finish(waiter);
            done.push(waiter);
        }
        assert_eq!(done.len(), 100, "{slots} slots, {slow} slow");
        assert!(done.is_sorted_by_key(|waiter| waiter / 4), "by turns: {done:?}");
    }
}

#[test]
fn any_number_of_known_slow_shares_leaves_a_slot() {
    let mut game = Game::new(3);
    for share in ["x", "y", "z"] {
        game.ask(share, 0);
        game.go();
        game.now += SLOW * 2;
        game.finish(0);
    }
    for (share, waiter) in [("x", 1), ("x", 2), ("y", 3), ("z", 4)] {
        game.ask(share, waiter);
    }
    assert_eq!(game.go(), [1, 3]);
    game.ask("quick", 5);
    assert_eq!(game.go(), [5]);
    game.finish(5);
    assert_eq!(game.go(), [0; 0]);
    game.finish(1);
    assert_eq!(game.go(), [4], "slow shares take turns among themselves");
}

#[test]
fn a_quick_share_alone_uses_every_slot() {
    let mut game = Game::new(2);
    for waiter in 1..=4 {
        game.ask("only", waiter);
    }
    assert_eq!(game.go(), [1], "not known yet");
    game.now += MS;
    game.finish(1);
    assert_eq!(game.go(), [2, 3]);
}

#[test]
fn a_share_goes_at_the_pace_of_its_scripts() {
    let mut game = Game::new(1);
    let mut paces = Vec::new();
    for work_ms in [1, 40, 1, 1, 1, 1, 1, 1, 1] {
        game.ask("share", 0);
        game.go();
        let (running, _) = game.running.last_mut().expect("it runs");
        paces.push(running.pace);
        running.work = Some(MS * work_ms);
        // By the clock everything may take long.
        game.now += SLOW;
        game.finish(0);
    }
    let long = paces.iter().filter(|pace| **pace == Pace::Long).count();
    assert_eq!((paces[..2].contains(&Pace::Long), paces[2], paces[8]), (false, Pace::Long, Pace::Quick));
    assert!((2..6).contains(&long), "{paces:?}");
}

proptest! {
    /// Whatever comes and however long it runs: slots are kept, and all that waits runs in the end.
    #[test]
    fn nobody_is_forgotten(slots in 1_usize..5, steps in prop::collection::vec((0_u8..6, 0_u64..200), 1..200)) {
        let mut game = Game::new(slots);
        let mut asked = 0;
        let mut done = 0;
        for (share, took_ms) in steps {
            if share < 4 {
                asked += 1;
                game.ask(&share.to_string(), asked);
            }
            game.now += MS * u32::try_from(took_ms).unwrap_or(0);
            game.go();
            prop_assert!(game.running.len() <= slots);
            if share >= 4 && let Some((_, waiter)) = game.running.first() {
                game.finish(*waiter);
                done += 1;
            }
        }
        loop {
            game.go();
            let Some((_, waiter)) = game.running.first() else { break };
            game.now += SLOW;
            game.finish(*waiter);
            done += 1;
        }
        prop_assert_eq!(done, asked);
    }
}
