//! Every table against a fold of the journal, as of one moment.

use std::collections::BTreeMap;
use std::fmt::Debug;

use segue_core::id::{ExecutionId, TaskId};
use segue_core::projection::{Lease, Ready};
use segue_core::record::{Message, MessageId};
use segue_core::time::Timestamp;
use uuid::Uuid;

use super::PostgresStore;
use super::failure::Failure;
use super::read::{self, execution_id, get, task_id};
use super::refold::{Reader, Refolded};
use super::session::Session;
use crate::contract::ExecutionRow;

const MESSAGES_PAGE: i64 = 2_000;

impl PostgresStore {
    pub(super) async fn try_check(&self) -> Result<Vec<String>, Failure> {
        let mut session = self.session().await?;
        session.begin_snapshot().await?;
        let mut findings = Vec::new();
        for row in session.rows(include_str!("sql/check_heads.sql"), &[]).await? {
            findings.push(format!("heads: partition {} is behind its journal", row.try_get::<_, i32>(0)?));
        }
        let mut reader = Reader::default();
        let mut low = Uuid::nil();
        while let Some(page) = reader.next(&session).await? {
            let Some((last, _)) = page.last() else { continue };
            let high = last.task(u32::MAX).uuid();
            check_range(&session, (low, high), page, &mut findings).await?;
            low = high;
        }
        check_range(&session, (low, Uuid::max()), Vec::new(), &mut findings).await?;
        check_messages(&session, reader.outstanding.messages, &mut findings).await?;
        Self::check_index(&session, &mut findings).await?;
        session.rollback().await?;
        Ok(findings)
    }
}

/// Compares what lies behind the first id up to the second, which is more than the page's executions: nothing else
/// should be there.
async fn check_range(
    session: &Session,
    (low, high): (Uuid, Uuid),
    page: Vec<(ExecutionId, Refolded)>,
    findings: &mut Vec<String>,
) -> Result<(), Failure> {
    let mut expected = Tables::default();
    for (execution, refolded) in page {
        findings.extend(refolded.damage.iter().map(|damage| format!("journal: {damage}")));
        expected.rows.extend(refolded.row.map(|row| (execution, row)));
        expected.ready.extend(refolded.ready);
        expected.leases.extend(refolded.leases);
    }
    let is = Tables::read(session, low, high).await?;
    compare("executions", &is.rows, &expected.rows, findings);
    compare("ready", &is.ready, &expected.ready, findings);
    compare("leases", &is.leases, &expected.leases, findings);
    Ok(())
}

#[derive(Default)]
struct Tables {
    rows: BTreeMap<ExecutionId, ExecutionRow>,
    ready: BTreeMap<TaskId, Ready>,
    leases: BTreeMap<TaskId, Lease>,
}

impl Tables {
    async fn read(session: &Session, low: Uuid, high: Uuid) -> Result<Self, Failure> {
        let mut tables = Self::default();
        let sql = format!(
            "SELECT {} FROM live WHERE id > $1 AND id <= $2 ORDER BY id",
            include_str!("sql/row_columns.sql")
        );
        for row in session.rows(&sql, &[&low, &high]).await? {
            let row = read::execution_row(&row)?;
            tables.rows.insert(row.id, row);
        }
        for row in session.rows(include_str!("sql/check_ready.sql"), &[&low, &high]).await? {
            let ready = Ready {
                task: task_id(row.try_get(0)?)?,
                queue: read::queue(&row, 1)?,
                rank: get(&row, 2)?,
                ready_at: Timestamp(get(&row, 3)?),
            };
            tables.ready.insert(ready.task, ready);
        }
        for row in session.rows(include_str!("sql/check_leases.sql"), &[&low, &high]).await? {
            let lease = read::lease(&row)?;
            tables.leases.insert(lease.task, lease);
        }
        Ok(tables)
    }
}

/// Messages to or from removed executions are in no journal, or nobody's.
async fn check_messages(
    session: &Session,
    mut expected: BTreeMap<MessageId, Message>,
    findings: &mut Vec<String>,
) -> Result<(), Failure> {
    let receivers: Vec<Uuid> = expected.values().map(|message| message.to.uuid()).collect();
    for row in session.rows(include_str!("sql/check_removed.sql"), &[&receivers]).await? {
        let removed = execution_id(row.try_get(0)?)?;
        expected.retain(|_, message| message.to != removed);
    }
    let mut is = BTreeMap::new();
    let (mut sender, mut seq, mut index) = (Uuid::nil(), -1i64, -1i64);
    loop {
        let sql = include_str!("sql/check_messages.sql");
        let rows = session.rows(sql, &[&sender, &seq, &index, &MESSAGES_PAGE]).await?;
        let Some(last) = rows.last() else { break };
        (sender, seq, index) = (last.try_get(0)?, last.try_get(1)?, last.try_get(2)?);
        for row in &rows {
            let (id, message) = read::message(row)?;
            is.insert(id, message);
        }
    }
    compare("messages", &is, &expected, findings);
    Ok(())
}

fn compare<K: Ord + Debug, V: PartialEq>(
    table: &str,
    is: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
    findings: &mut Vec<String>,
) {
    for (key, value) in expected {
        match is.get(key) {
            None => findings.push(format!("{table}: {key:?} is missing")),
            Some(found) if found != value => {
                findings.push(format!("{table}: {key:?} is not as the journal says"));
            }
            Some(_) => {}
        }
    }
    let surplus = is.keys().filter(|key| !expected.contains_key(key));
    findings.extend(surplus.map(|key| format!("{table}: {key:?} is not in the journal")));
}
