//! Registering, finding, pausing and deleting schedules, and asking for times.

use serde_json::{Value, json};

use super::{save, schedule};
use crate::running::Running;

#[tokio::test]
async fn schedules_come_and_go() {
    let server = Running::new().await;
    let at = "/api/scheduler/schedules";
    let sample: Value =
        serde_json::from_str(include_str!("../../../../cli/tests/conductor/data/every-minute-schedule.json"))
            .expect("a sample");
    let kept = save(&server, &sample).await;
    assert_eq!(kept["name"], "every-minute-demo-schedule");
    assert_eq!(
        (&kept["paused"], &kept["zoneId"], &kept["nextRunTime"].is_i64()),
        (&json!(false), &json!("UTC"), &true)
    );
    assert_eq!(kept["nextRunTime"].as_i64().expect("a time") % 60_000, 0);
    assert_eq!(kept["createTime"], kept["updatedTime"]);

    let daily = json!({"cronExpression": "0 0 9 * * MON-FRI", "zoneId": "Europe/Berlin", "description": "Wakes people"});
    save(&server, &schedule("daily", "", daily.clone())).await;
    let again = save(&server, &schedule("daily", "", daily)).await;
    assert!(again["updatedTime"].as_i64() >= again["createTime"].as_i64());
    let names = |list: Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(server.get(at).await.ok()), ["daily", "every-minute-demo-schedule"]);
    assert_eq!(names(server.get(&format!("{at}?workflowName=job")).await.ok()), ["daily"]);
    assert_eq!(server.get(&format!("{at}/daily")).await.ok()["description"], "Wakes people");
    for (query, expected) in [
        ("freeText=WAKES", &["daily"][..]),
        ("freeText=*&sort=name:DESC", &["every-minute-demo-schedule", "daily"]),
        ("scheduleName=demo&paused=false", &["every-minute-demo-schedule"]),
        ("paused=true", &[]),
        ("start=1&size=1", &["every-minute-demo-schedule"]),
    ] {
        let page = server.get(&format!("{at}/search?{query}")).await.ok();
        assert_eq!(names(page["results"].clone()), expected, "{query}");
    }
    server.get(&format!("{at}/search?sort=mood")).await.error(400);

    server.put(&format!("{at}/daily/pause?reason=holidays"), &json!({})).await.nothing();
    let paused = server.get(&format!("{at}/daily")).await.ok();
    assert_eq!(
        (&paused["paused"], &paused["pausedReason"], &paused["nextRunTime"]),
        (&json!(true), &json!("holidays"), &Value::Null)
    );
    // Clients of the commercial server ask so first.
    server.get(&format!("{at}/daily/pause")).await.error(405);
    server.get(&format!("{at}/daily/resume")).await.error(405);
    server.put(&format!("{at}/daily/resume"), &Value::Null).await.nothing();
    assert_eq!(
        server.put(&format!("{at}/daily/resume"), &Value::Null).await.error(404),
        "Schedule 'daily' is not paused"
    );
    let bulk = server.put("/api/scheduler/bulk/pause", &json!(["daily", "none"])).await.ok();
    assert_eq!(
        bulk,
        json!({"bulkErrorResults": {"none": "Schedule 'none' not found"}, "bulkSuccessfulResults": ["daily"]})
    );
    let bulk = server.put("/api/scheduler/bulk/resume", &json!(["daily"])).await.ok();
    assert_eq!(bulk["bulkSuccessfulResults"], json!(["daily"]));

    server.delete(&format!("{at}/daily")).await.nothing();
    for answer in [
        server.get(&format!("{at}/daily")).await,
        server.delete(&format!("{at}/daily")).await,
        server.put(&format!("{at}/daily/pause"), &Value::Null).await,
        server.put(&format!("{at}/daily/resume"), &Value::Null).await,
        server.post("/api/v1/schedules/daily/run", &Value::Null).await,
    ] {
        assert_eq!(answer.error(404), "Schedule 'daily' not found");
    }
    assert_eq!(server.get("/api/scheduler/admin/requeue").await.ok(), json!({"requeued": 0}));
}

#[tokio::test]
async fn what_cannot_be_a_schedule_is_refused_and_next_times_are_told() {
    let server = Running::new().await;
    let answer = server.post("/api/scheduler/schedules", &schedule("s", "0 9 * * *", json!({}))).await;
    let found = answer.json()["validationErrors"][0].clone();
    answer.error(400);
    assert_eq!((&found["path"], &found["invalidValue"]), (&json!("cronExpression"), &json!("0 9 * * *")));
    let no_task = json!({"workflowDef": {"name": "x", "tasks": []}});
    for wrong in [
        json!({"name": "", "cronExpression": "@daily", "startWorkflowRequest": {"name": "w"}}),
        json!({"name": "s", "startWorkflowRequest": {"name": "w"}}),
        json!({"name": "s", "cronExpression": "@daily"}),
        schedule("s", "@daily", json!({"zoneId": "Mars"})),
        schedule("s", "@daily", json!({"startWorkflowRequest": no_task})),
        schedule("s", "@daily", json!({"startWorkflowRequest": {"workflowDef": 1}})),
        schedule("s", "@daily", json!({"scheduleStartTime": 2, "scheduleEndTime": 1})),
    ] {
        let answer = server.post("/api/scheduler/schedules", &wrong).await;
        assert!(
            !answer.json()["validationErrors"].as_array().is_none_or(Vec::is_empty),
            "{wrong}: {answer:?}"
        );
        answer.error(400);
    }
    assert_eq!(server.get("/api/scheduler/schedules").await.ok(), json!([]));

    let next = "/api/scheduler/nextFewSchedules";
    // 1 July 2100, 9:00 in New York; times before the start and after the end do not count.
    let from = 4_118_130_000_000i64;
    let query = format!(
        "cronExpression=0%200%209%20*%20*%20*&zoneId=America/New_York&scheduleStartTime={from}&limit=9"
    );
    let days: Vec<i64> = (0..5).map(|day| from + day * 86_400_000).collect();
    assert_eq!(server.get(&format!("{next}?{query}")).await.ok(), json!(days));
    let end = days[1];
    assert_eq!(server.get(&format!("{next}?{query}&scheduleEndTime={end}")).await.ok(), json!(days[..2]));
    server.get(&format!("{next}?cronExpression=@noon")).await.error(400);
    server.get(next).await.error(400);
}
