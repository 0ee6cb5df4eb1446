use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::{Cron, Timetable, zone};
use crate::definition::{Schedule, validate_schedule};
use crate::time::Timestamp;

fn instant(text: &str) -> Timestamp {
    Timestamp(
        text.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{text}: {error}")).as_millisecond(),
    )
}

fn timetable(cron: &str, zone: &str) -> Timetable {
    let schedule =
        Schedule { cron_expression: Some(cron.to_owned()), zone_id: zone.to_owned(), ..Schedule::default() };
    Timetable::of(&schedule).unwrap_or_else(|found| panic!("{cron}: {found:?}"))
}

/// The next times, as the clocks on the wall show them.
fn times(cron: &str, place: &str, after: &str, count: usize) -> Vec<String> {
    let place_of = zone(place).expect("a zone");
    let shown = |at: Timestamp| {
        let at = jiff::Timestamp::from_millisecond(at.0).expect("in range").to_zoned(place_of.clone());
        at.strftime("%a %Y-%m-%d %H:%M:%S%:z").to_string()
    };
    timetable(cron, place).after(instant(after)).take(count).map(|due| shown(due.at)).collect()
}

#[test]
fn crons_match_what_spring_matches() {
    for (cron, after, expected) in [
        (
            "0 * * * * *",
            "2026-01-31T23:58:59.999Z",
            &["Sat 2026-01-31 23:59:00", "Sun 2026-02-01 00:00:00"][..],
        ),
        ("0/5 * * ? * *", "2026-01-01T00:00:05Z", &["Thu 2026-01-01 00:00:10", "Thu 2026-01-01 00:00:15"]),
        (
            "*/40 59 23 * * *",
            "2026-01-01T00:00:00Z",
            &["Thu 2026-01-01 23:59:00", "Thu 2026-01-01 23:59:40", "Fri 2026-01-02 23:59:00"],
        ),
        (
            "0 0 9-17/4 * * MON-FRI",
            "2026-01-02T13:00:00Z",
            &["Fri 2026-01-02 17:00:00", "Mon 2026-01-05 09:00:00"],
        ),
        ("0 0 0 29 2 *", "2026-01-01T00:00:00Z", &["Tue 2028-02-29 00:00:00", "Sun 2032-02-29 00:00:00"]),
        ("0 0 0 29 FEB mon", "2026-01-01T00:00:00Z", &["Mon 2044-02-29 00:00:00"]),
        ("0 0 0 1 1 ? 2198", "2026-01-01T00:00:00Z", &["Mon 2198-01-01 00:00:00"]),
        ("0 0 0 29 2 7", "2076-03-01T00:00:00Z", &["Sun 2088-02-29 00:00:00", "Sun 2128-02-29 00:00:00"]),
        ("0 0 0 30 2 *", "2026-01-01T00:00:00Z", &[]),
        ("0 0 12 L * *", "2028-01-31T12:00:00Z", &["Tue 2028-02-29 12:00:00", "Fri 2028-03-31 12:00:00"]),
        ("0 0 12 L-3,1 * *", "2026-02-01T12:00:00Z", &["Wed 2026-02-25 12:00:00", "Sun 2026-03-01 12:00:00"]),
        ("0 0 0 LW * *", "2026-01-01T00:00:00Z", &["Fri 2026-01-30 00:00:00", "Fri 2026-02-27 00:00:00"]),
        ("0 0 0 1W 8 ?", "2026-01-01T00:00:00Z", &["Mon 2026-08-03 00:00:00", "Mon 2027-08-02 00:00:00"]),
        ("0 0 0 15W * *", "2026-08-01T00:00:00Z", &["Fri 2026-08-14 00:00:00", "Tue 2026-09-15 00:00:00"]),
        ("0 0 0 31W * *", "2027-01-01T00:00:00Z", &["Fri 2027-01-29 00:00:00", "Wed 2027-03-31 00:00:00"]),
        ("0 0 0 ? * 5L", "2026-01-01T00:00:00Z", &["Fri 2026-01-30 00:00:00", "Fri 2026-02-27 00:00:00"]),
        (
            "0 0 0 ? * MON#2,WED#5",
            "2026-01-01T00:00:00Z",
            &[
                "Mon 2026-01-12 00:00:00",
                "Mon 2026-02-09 00:00:00",
                "Mon 2026-03-09 00:00:00",
                "Mon 2026-04-13 00:00:00",
                "Wed 2026-04-29 00:00:00",
            ],
        ),
        // Both days must match.
        (
            "0 0 0 13 * FRI",
            "2026-01-01T00:00:00Z",
            &["Fri 2026-02-13 00:00:00", "Fri 2026-03-13 00:00:00", "Fri 2026-11-13 00:00:00"],
        ),
        (
            "0 0 0 1 1 ? 2030/2",
            "2026-01-01T00:00:00Z",
            &["Tue 2030-01-01 00:00:00", "Thu 2032-01-01 00:00:00"],
        ),
        ("0 0 0 1 1 ? 2020", "2026-01-01T00:00:00Z", &[]),
        ("@weekly", "2026-01-01T00:00:00Z", &["Sun 2026-01-04 00:00:00", "Sun 2026-01-11 00:00:00"]),
        ("@YEARLY", "2026-01-01T00:00:00Z", &["Fri 2027-01-01 00:00:00"]),
    ] {
        let found = times(cron, "UTC", after, expected.len().max(1));
        let expected: Vec<String> = expected.iter().map(|time| format!("{time}+00:00")).collect();
        assert_eq!(found, expected, "{cron} after {after}");
    }
}

#[test]
fn a_left_out_hour_has_no_times_and_a_repeated_one_has_them_once() {
    for (cron, zone, after, expected) in [
        // The night of 29 March 2026 has no hour from 2 to 3 in Berlin.
        (
            "0 30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T00:00:00Z",
            &["Sat 2026-03-28 02:30:00+01:00", "Mon 2026-03-30 02:30:00+02:00"][..],
        ),
        (
            "0 30 * * * *",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            &["Sun 2026-03-29 01:30:00+01:00", "Sun 2026-03-29 03:30:00+02:00"],
        ),
        (
            "0 0 9 * * *",
            "Europe/Berlin",
            "2026-03-28T09:00:00Z",
            &["Sun 2026-03-29 09:00:00+02:00", "Mon 2026-03-30 09:00:00+02:00"],
        ),
        // On 25 October 2026 it comes twice.
        (
            "0 30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T23:00:00Z",
            &["Sun 2026-10-25 02:30:00+02:00", "Mon 2026-10-26 02:30:00+01:00"],
        ),
        ("0 30 2 * * *", "Europe/Berlin", "2026-10-25T01:15:00Z", &["Mon 2026-10-26 02:30:00+01:00"]),
        (
            "0 0/30 2-3 * * *",
            "Europe/Berlin",
            "2026-10-25T00:10:00Z",
            &[
                "Sun 2026-10-25 02:30:00+02:00",
                "Sun 2026-10-25 03:00:00+01:00",
                "Sun 2026-10-25 03:30:00+01:00",
            ],
        ),
        (
            "0 30 * * * *",
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            &[
                "Sun 2026-10-25 02:30:00+02:00",
                "Sun 2026-10-25 02:30:00+01:00",
                "Sun 2026-10-25 03:30:00+01:00",
            ],
        ),
        // A whole day that Samoa left out, and a shift of half an hour.
        (
            "0 0 12 * * *",
            "Pacific/Apia",
            "2011-12-29T12:00:00Z",
            &["Thu 2011-12-29 12:00:00-10:00", "Sat 2011-12-31 12:00:00+14:00"],
        ),
        (
            "0 45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T00:00:00Z",
            &["Sun 2026-04-05 01:45:00+11:00", "Mon 2026-04-06 01:45:00+10:30"],
        ),
        ("0 0 0 * * *", "GMT+5:30", "2026-01-01T00:00:00Z", &["Fri 2026-01-02 00:00:00+05:30"]),
    ] {
        assert_eq!(times(cron, zone, after, expected.len()), expected, "{cron} in {zone} after {after}");
    }
}

#[test]
fn several_crons_and_bounds_are_one_timetable() {
    let schedule: Schedule = serde_json::from_value(json!({
        "name": "s", "cronExpression": "never read", "zoneId": "Europe/Berlin",
        "cronSchedules": [
            {"cronExpression": "0 0 9 * * *"},
            {"cronExpression": "0 0 9,10 * * *", "zoneId": "Asia/Tokyo"},
            {"cronExpression": "0 0 8 * * *", "zoneId": "UTC"},
        ],
        "scheduleStartTime": instant("2026-01-01T01:00:00Z").0.to_string(),
        "scheduleEndTime": instant("2026-01-02T01:00:00Z").0,
        "startWorkflowRequest": {"name": "w"},
    }))
    .expect("a schedule");
    assert_eq!(validate_schedule(&schedule), []);
    let timetable = Timetable::of(&schedule).expect("a timetable");
    let found: Vec<(Timestamp, usize)> =
        timetable.after(Timestamp(0)).map(|due| (due.at, due.cron)).collect();
    // 10:00 in Tokyo is the start itself and the end itself; 9:00 in Berlin and 8:00 in London are one time.
    let expected = [
        ("2026-01-01T01:00:00Z", 1),
        ("2026-01-01T08:00:00Z", 0),
        ("2026-01-02T00:00:00Z", 1),
        ("2026-01-02T01:00:00Z", 1),
    ];
    assert_eq!(found, expected.map(|(at, cron)| (instant(at), cron)));
}

#[test]
fn what_is_wrong_with_a_schedule_is_told_with_its_place() {
    let found = |schedule: serde_json::Value| -> Vec<String> {
        let schedule: Schedule = serde_json::from_value(schedule).expect("readable");
        let told = validate_schedule(&schedule);
        told.into_iter().map(|violation| format!("{}: {}", violation.path, violation.message)).collect()
    };
    assert_eq!(
        found(
            json!({"scheduleStartTime": 2, "scheduleEndTime": 1, "startWorkflowRequest": {"input": 1, "priority": 100}})
        ),
        [
            "name: Schedule name cannot be null or empty",
            "cronExpression: cronExpression or cronSchedules must say when",
            "scheduleStartTime: scheduleStartTime: 2 must not be after scheduleEndTime: 1",
            "startWorkflowRequest.name: Workflow name cannot be null or empty",
            "startWorkflowRequest.input: input must be a JSON object",
            "startWorkflowRequest.priority: priority: 100 should be maximum 99",
        ]
    );
    let with = |cron: &str| {
        let schedule = json!({"name": "s", "zoneId": "UTC", "startWorkflowRequest": {"name": "w"},
            "cronSchedules": [{"cronExpression": "@daily"}, {"cronExpression": cron, "zoneId": "Mars"}]});
        let mut told = found(schedule);
        assert_eq!(
            told.pop().as_deref(),
            Some(
                "cronSchedules[1].zoneId: 'Mars' is no time zone: expected a name such as Europe/Berlin, UTC, or an offset such as GMT+2"
            )
        );
        told.pop().map(|told| told.replace("cronSchedules[1].cronExpression: is no cron expression: ", ""))
    };
    for (cron, expected) in [
        (
            "* * * * *",
            "expected six fields (second minute hour day month weekday) or a macro such as @daily, found 5",
        ),
        ("", "expected six fields (second minute hour day month weekday) or a macro such as @daily, found 0"),
        (
            "@noon",
            "there is no macro @noon: expected @yearly, @annually, @monthly, @weekly, @daily, @midnight or @hourly",
        ),
        ("61 * * * * *", "the second is '61', expected 0 to 59"),
        ("* * 24 * * *", "the hour is '24', expected 0 to 23"),
        ("* * * 0 * *", "the day of the month is '0', expected 1 to 31"),
        ("* * * * MAI *", "the month is 'MAI', expected 1 to 12, or JAN to DEC"),
        ("* * * * * FUN", "the day of the week is 'FUN', expected 0 to 7, or SUN to SAT"),
        ("* 5-1 * * * *", "the minute is '5-1', expected a range that begins before it ends"),
        ("*/0 * * * * *", "the second is '*/0', expected a whole number above 0 behind the /"),
        ("+5 * * * * *", "the second is '+5', expected 0 to 59"),
        ("1,,2 * * * * *", "the second is '', expected 0 to 59"),
        ("? * * * * *", "the second is '?', expected 0 to 59"),
        ("0 0 0 L-31 * *", "the day of the month is 'L-31', expected L-0 to L-30"),
        ("0 0 0 32W * *", "the day of the month is '32', expected 1 to 31"),
        ("0 0 0 * * L", "the day of the week is 'L', expected a day before the L, such as 5L"),
        ("0 0 0 * * 5#6", "the day of the week is '5#6', expected 1 to 5 behind the #"),
        ("0 0 0 1 1 * 1066", "the year is '1066', expected 1970 to 2199"),
    ] {
        assert_eq!(with(cron).as_deref(), Some(expected), "{cron}");
    }
}

/// A field as random values, and as the text that says so.
fn field(min: u32, max: u32) -> impl Strategy<Value = (BTreeSet<u32>, String)> {
    let list = prop::collection::btree_set(min..=max, 1..4).prop_map(|values| {
        let text = values.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        (values, text)
    });
    let range = (min..=max, min..=max, 1..7u32).prop_map(move |(a, b, step)| {
        let (first, last) = (a.min(b), a.max(b));
        ((first..=last).step_by(step as usize).collect(), format!("{first}-{last}/{step}"))
    });
    prop_oneof![
        2 => Just(((min..=max).collect(), "*".to_owned())),
        2 => list,
        2 => range,
    ]
}

proptest! {
    /// The times of random crons are those that a walk over all minutes finds.
    #[test]
    fn times_are_those_that_a_walk_over_all_minutes_finds(
        minute in field(0, 59), hour in field(0, 23), day in field(1, 31), month in field(1, 12), weekday in field(0, 6),
        place in prop_oneof![Just("UTC"), Just("Europe/Berlin"), Just("America/St_Johns"), Just("Asia/Kathmandu")],
        from in 0..(4 * 366 * 1440i64),
    ) {
        let cron = format!("0 {} {} {} {} {}", minute.1, hour.1, day.1, month.1, weekday.1);
        let zone = zone(place).expect("a zone");
        let start = instant("2024-01-01T00:00:00Z").0 / 60_000 + from;
        let end = start + 40 * 1440;
        let mut seen = BTreeSet::new();
        let is_time = |minute_of_time: &i64| {
            let at = jiff::Timestamp::from_second(minute_of_time * 60).expect("in range").to_zoned(zone.clone());
            let part = |value: i8| u32::from(value.unsigned_abs());
            let matches = minute.0.contains(&part(at.minute()))
                && hour.0.contains(&part(at.hour()))
                && day.0.contains(&part(at.day()))
                && month.0.contains(&part(at.month()))
                && weekday.0.contains(&part(at.weekday().to_sunday_zero_offset()));
            // The second time of an hour that is repeated.
            let is_new = seen.insert(at.datetime()) || hour.0.len() == 24;
            matches && is_new
        };
        // From the day before, so that the first of two equal hours is seen.
        let expected: Vec<i64> =
            (start - 1440..=end).filter(is_time).filter(|minute| *minute > start).take(20).collect();
        let found: Vec<i64> = timetable(&cron, place)
            .after(Timestamp(start * 60_000))
            .map(|due| due.at.0 / 60_000)
            .take_while(|minute| *minute <= end)
            .take(20)
            .collect();
        prop_assert_eq!(found, expected, "{} in {}", cron, place);
    }

    #[test]
    fn no_instant_panics(after in -100_000..100_000i64, place in prop_oneof![Just("UTC"), Just("Asia/Tokyo"), Just("America/New_York")]) {
        for bound in [jiff::Timestamp::MIN, jiff::Timestamp::MAX] {
            let at = Timestamp(bound.as_millisecond().saturating_add(after));
            prop_assert!(timetable("* * * * * *", place).after(at).take(3).all(|due| due.at > at));
        }
    }

    #[test]
    fn no_text_panics(text in "[-0-9*/,?LW#@A-Z ]{0,40}", after in any::<i64>()) {
        if text.parse::<Cron>().is_ok() {
            let found: Vec<_> = timetable(&text, "Europe/Berlin").after(Timestamp(after)).take(3).collect();
            prop_assert!(found.windows(2).all(|two| two[0].at < two[1].at));
        }
    }
}
