//! Messages between executions.

use segue_core::record::{MessageBody, MessageId};

use super::draft::{Draft, execution, started};
use super::{Fixture, commit, try_one};
use crate::contract::Appended;

fn terminate(reason: &str) -> MessageBody {
    MessageBody::Terminate { reason: reason.into() }
}

/// A sent message is listed until a record of its receiver that applies it commits.
pub async fn a_message_stays_until_applied(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let (one, two) = (execution(1), execution(2));
    let start = MessageBody::Start(Box::new(started("child")));
    commit(
        &store,
        vec![Draft::start(one, "a").message(two, start.clone()).message(two, terminate("x")).build()],
    )
    .await;
    let sent = |index| MessageId { sender: one, seq: 1, index };
    let found = store.messages(None, 10).await.expect("messages");
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [sent(0), sent(1)]);
    assert_eq!((found[0].1.to, &found[0].1.body), (two, &start));

    // A loser applies nothing.
    let stale = try_one(&store, Draft::of(two, 5).applied(sent(0)).build()).await;
    assert_eq!(stale, Appended::Conflict);
    assert_eq!(store.messages(None, 10).await.expect("messages").len(), 2);
    commit(&store, vec![Draft::start(two, "child").applied(sent(0)).build()]).await;
    let found = store.messages(None, 10).await.expect("messages");
    assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [sent(1)]);

    // Sent and applied in one batch, and applied once more.
    let batch = vec![
        Draft::of(one, 1).message(two, terminate("y")).build(),
        Draft::of(two, 1).applied(MessageId { sender: one, seq: 2, index: 0 }).applied(sent(1)).build(),
        Draft::of(two, 2).applied(sent(1)).build(),
    ];
    commit(&store, batch).await;
    assert_eq!(store.messages(None, 10).await.expect("messages"), []);
    if let Some(store) = fixture.reopen(store).await {
        assert_eq!(store.messages(None, 10).await.expect("messages"), []);
    }
}

/// Messages page in the order of sender, seq and index.
pub async fn messages_page_by_id(fixture: &impl Fixture) {
    let store = fixture.fresh().await;
    let receiver = execution(9);
    let mut expected = Vec::new();
    // Newest sender first, so that the order of commits is not the order of ids.
    for n in (1..=3).rev() {
        let two_in_one = Draft::start(execution(n), "a").message(receiver, terminate("x"));
        let batch = vec![
            two_in_one.message(receiver, terminate("y")).build(),
            Draft::of(execution(n), 1).message(receiver, terminate("z")).build(),
        ];
        commit(&store, batch).await;
        for (seq, index) in [(1, 0), (1, 1), (2, 0)] {
            expected.push(MessageId { sender: execution(n), seq, index });
        }
    }
    expected.sort_unstable();
    for page in [1, 2, 4, 100] {
        let mut after = None;
        let mut found = Vec::new();
        loop {
            let messages = store.messages(after, page).await.expect("messages");
            assert!(messages.len() <= page);
            let Some((last, _)) = messages.last() else { break };
            after = Some(*last);
            found.extend(messages.into_iter().map(|(id, _)| id));
        }
        assert_eq!(found, expected, "{page} at a time");
    }
}
