//! Whose turn it is. There is room for so many steps at once, and each takes one step of one schedule; who had none for
//! the longest time is first. So schedules that make up for a long list of missed times share the room, and one
//! whose time has just come is not behind them, wherever its name stands in the alphabet.

use segue_core::calendar::Due;
use segue_core::time::Timestamp;

use super::cursor::Cursor;

/// A schedule that has something to do: find out what fired last, or fire.
pub(super) struct Turn<'a> {
    pub(super) cursor: &'a mut Cursor,
    pub(super) due: Option<Due>,
    /// By when it had its last turn, and among equals by its place.
    rank: (u64, usize),
}

/// The schedules whose turn it is now, in that order and as far as there is `room`. What they miss and do not make up for is left out.
pub(super) fn next<'a>(
    cursors: impl Iterator<Item = &'a mut Cursor>,
    room: usize,
    now: Timestamp,
) -> Vec<Turn<'a>> {
    let mut turns: Vec<Turn<'a>> = cursors
        .enumerate()
        .filter_map(|(place, cursor)| {
            cursor.pass_over_missed(now);
            let due = cursor.due(now)?;
            Some(Turn { rank: (cursor.last_turn, place), cursor, due })
        })
        .collect();
    if turns.len() > room {
        turns.select_nth_unstable_by_key(room, |turn| turn.rank);
        turns.truncate(room);
    }
    turns.sort_unstable_by_key(|turn| turn.rank);
    turns
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use segue_core::calendar::Timetable;
    use segue_core::definition::Schedule;

    use super::*;
    use crate::duties::scheduler::cursor::Stage;
    use crate::schedule::Scheduled;

    const SECOND: i64 = 1000;
    const HOUR: i64 = 3600 * SECOND;

    fn cursor(name: &str, cron: &str, catches_up: bool, since: Timestamp) -> Cursor {
        let schedule = Schedule {
            name: name.to_owned(),
            cron_expression: Some(cron.to_owned()),
            run_catchup_schedule_instances: catches_up,
            ..Schedule::default()
        };
        let timetable = Timetable::of(&schedule).expect("a timetable");
        let scheduled = Scheduled { schedule, active_since: since, timetable };
        let mut cursor = Cursor::new(Arc::new(scheduled), since);
        cursor.stage = Stage::Ready;
        cursor.go_on_after(since);
        cursor
    }

    #[test]
    fn a_long_catch_up_takes_one_turn_of_its_own_and_none_of_others() {
        const ROOM: usize = 32;
        let start = Timestamp(500 * HOUR);
        let mut cursors: Vec<Cursor> =
            (0..100).map(|n| cursor(&format!("a{n}"), "@hourly", true, Timestamp(0))).collect();
        // Behind all of them, it does not catch up, and a minute late is too late for it.
        cursors.push(cursor("z", "0 * * * * ?", false, start));
        let mut fired: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let mut begun = 0;
        for turn in 1..=300_i64 {
            let now = start.plus_ms(turn * 10 * SECOND);
            let turns = next(cursors.iter_mut(), ROOM, now);
            assert_eq!(turns.len(), ROOM);
            for Turn { cursor, due, .. } in turns {
                begun += 1;
                cursor.begin(begun);
                let due = due.expect("a time");
                fired.entry(cursor.scheduled.schedule.name.clone()).or_default().push(due.at.0);
            }
            for cursor in cursors.iter_mut().filter(|cursor| cursor.stage == Stage::Busy) {
                let due = cursor.next.expect("a time");
                cursor.fired(due);
            }
            let minutes = (1..=turn / 6).map(|minute| start.0 + minute * 60 * SECOND);
            let on_time = fired.remove("z").unwrap_or_default();
            assert_eq!(on_time, minutes.collect::<Vec<_>>(), "in the turn in which it is due");
            fired.insert("z".to_owned(), on_time);
        }
        fired.remove("z");
        let shares = fired.values().map(Vec::len);
        let (least, most) = (shares.clone().min().expect("a share"), shares.max().expect("a share"));
        assert!(fired.len() == 100 && most - least <= 1, "{least} to {most}");
    }
}
