//! Recreating the tables beside the journal from the journal alone, in one transaction.

use uuid::Uuid;

use super::PostgresStore;
use super::delta::Delta;
use super::failure::Failure;
use super::refold::{Reader, Refolded};
use super::rows::Starts;
use super::session::{Call, Session};

impl PostgresStore {
    pub(super) async fn try_rebuild(&self) -> Result<u64, Failure> {
        let mut session = self.session().await?;
        session.begin().await?;
        session.run("SET LOCAL statement_timeout = 0").await?;
        session.run(include_str!("sql/rebuild_begin.sql")).await?;
        let extended = session.rows(include_str!("sql/extended_leases.sql"), &[]).await?;
        session.rows(include_str!("sql/rebuild_clear.sql"), &[]).await?;
        session.run(include_str!("sql/index_clear.sql")).await?;
        session.rows(include_str!("sql/rebuild_surplus.sql"), &[]).await?;
        let mut reader = Reader::default();
        while let Some(page) = reader.next(&session).await? {
            let page: Vec<Refolded> = page.into_iter().map(|(_, refolded)| refolded).collect();
            put_page(&session, &page).await?;
        }
        let mut messages = Delta::default();
        reader.outstanding.messages.iter().for_each(|(id, message)| messages.send(*id, message));
        run(&session, messages.columns().calls()).await?;
        let mut tasks: Vec<Uuid> = Vec::with_capacity(extended.len());
        let mut untils: Vec<i64> = Vec::with_capacity(extended.len());
        for row in &extended {
            tasks.push(row.try_get(0)?);
            untils.push(row.try_get(1)?);
        }
        session.rows(include_str!("sql/restore_extended.sql"), &[&tasks, &untils]).await?;
        session.commit().await?;
        Ok(reader.records)
    }
}

/// Executions that the records do not let fold are written as far as they could be; `check` names them.
async fn put_page(session: &Session, page: &[Refolded]) -> Result<(), Failure> {
    let mut rows = Starts::default();
    let mut delta = Delta::default();
    for refolded in page {
        if let (Some(row), Some(root)) = (&refolded.row, refolded.root) {
            rows.push(row, refolded.start_key.as_deref(), root, refolded.partition);
        }
        refolded.ready.values().for_each(|ready| delta.wait(ready));
        refolded.leases.values().for_each(|lease| delta.hold(lease));
    }
    session.rows(include_str!("sql/rebuild_executions.sql"), &rows.params()).await?;
    run(session, delta.columns().calls()).await
}

async fn run(session: &Session, calls: Vec<Call<'_>>) -> Result<(), Failure> {
    for call in calls {
        session.rows(call.sql, &call.params).await?;
    }
    Ok(())
}
