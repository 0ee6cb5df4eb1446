//! Looks for damage: the journal is folded once more into a scratch database, which must come out like the tables.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::codec;
use super::flush::{self, Stretch};
use super::schema;

/// Findings of one kind that are listed; the rest is only counted.
const FINDINGS_MAX: usize = 100;

/// A table, the columns that a fold determines, the column that names a row, and which rows are compared.
struct Compared {
    table: &'static str,
    columns: &'static str,
    name: &'static str,
    condition: &'static str,
}

const COMPARED: [Compared; 5] = [
    Compared { table: "executions", columns: codec::ROW_COLUMNS, name: "id", condition: "1" },
    Compared { table: "ready", columns: "task, queue, rank, ready_at", name: "task", condition: "1" },
    Compared { table: "leases", columns: "task, worker, until, slot", name: "task", condition: "1" },
    Compared {
        table: "messages",
        columns: "sender, seq, place, receiver, starts, body",
        name: "sender",
        // Messages of removed executions are in no record any more.
        condition: "sender NOT IN (SELECT execution FROM live.tombstones)",
    },
    Compared { table: "start_keys", columns: "name, key, execution", name: "execution", condition: "1" },
];

/// What the index must not hold: ids, and what is wrong with them.
const STRAYED: [(&str, &str); 4] = [
    (
        "SELECT id FROM live.tasks WHERE execution NOT IN (SELECT id FROM main.executions)",
        "is indexed without an execution",
    ),
    (
        "SELECT execution FROM live.texts WHERE execution NOT IN (SELECT id FROM main.executions)",
        "is indexed and does not exist",
    ),
    (
        "SELECT id FROM live.tasks WHERE number NOT IN (SELECT id FROM live.task_words_docsize)",
        "has no words",
    ),
    (
        "SELECT execution FROM live.texts WHERE number NOT IN (SELECT id FROM live.execution_words_docsize)",
        "has no words",
    ),
];

/// Checks the database as it is at one moment; appends go on meanwhile.
pub(super) fn check(path: &Path) -> rusqlite::Result<Vec<String>> {
    let scratch = scratch(path)?;
    let mut findings = Vec::new();
    let transaction = scratch.unchecked_transaction()?;
    quick_check(&transaction, &mut findings)?;
    seq_gaps(&transaction, &mut findings)?;
    transaction
        .execute_batch("INSERT INTO main.tombstones SELECT execution, rows_left FROM live.tombstones")?;
    let last =
        transaction.query_row("SELECT folded FROM live.progress", [], |row| codec::unsigned(row, 0))?;
    let stretch = Stretch { schema: "live", after: 0, last, with_start_keys: true };
    flush::fold(&transaction, &stretch, &mut |finding| findings.push(finding))?;
    for compared in &COMPARED {
        differences(&transaction, compared, &mut findings)?;
    }
    for strayed in &STRAYED {
        strays(&transaction, strayed, &mut findings)?;
    }
    Ok(findings)
}

/// An empty database of the same schema that vanishes when closed, with the real one attached.
fn scratch(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut connection = Connection::open_with_flags("", flags)?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -16384;")?;
    schema::create(&mut connection)?;
    connection.execute("ATTACH ?1 AS live", [path.to_string_lossy()])?;
    Ok(connection)
}

fn quick_check(connection: &Connection, findings: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut check = connection.prepare(&format!("PRAGMA live.quick_check({FINDINGS_MAX})"))?;
    let mut lines = check.query([])?;
    while let Some(line) = lines.next()? {
        let line: String = line.get(0)?;
        if line != "ok" {
            findings.push(format!("database: {line}"));
        }
    }
    Ok(())
}

fn seq_gaps(connection: &Connection, findings: &mut Vec<String>) -> rusqlite::Result<()> {
    let sql = "SELECT execution, count(*), max(seq) FROM live.journal GROUP BY execution \
               HAVING count(*) <> max(seq) AND execution NOT IN (SELECT execution FROM live.tombstones)";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (execution, count, head) =
            (codec::execution_id(row, 0)?, codec::unsigned(row, 1)?, codec::unsigned(row, 2)?);
        findings.push(format!(
            "journal: execution {execution} has {count} records but its last is number {head}"
        ));
    }
    Ok(())
}

fn differences(
    connection: &Connection,
    compared: &Compared,
    findings: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let Compared { table, columns, name, condition } = compared;
    // A row of which only the content differs is in both: reported once.
    let sides = [
        ("main", "live", "is missing or not as the journal says", ""),
        ("live", "main", "is not in the journal", "AND {name} NOT IN (SELECT {name} FROM main.{table})"),
    ];
    for (of, without, verdict, extra) in sides {
        let extra = extra.replace("{name}", name).replace("{table}", table);
        let sql = format!(
            "SELECT {name} FROM (SELECT {columns} FROM {of}.{table} WHERE {condition} EXCEPT \
             SELECT {columns} FROM {without}.{table}) WHERE 1 {extra}"
        );
        let mut select = connection.prepare(&sql)?;
        let mut rows = select.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            count += 1;
            if count <= FINDINGS_MAX {
                let key = uuid::Uuid::from_bytes(row.get(0)?);
                findings.push(format!("{table}: {key} {verdict}"));
            }
        }
        if count > FINDINGS_MAX {
            findings.push(format!("{table}: {} more", count - FINDINGS_MAX));
        }
    }
    Ok(())
}

fn strays(
    connection: &Connection,
    (sql, verdict): &(&str, &str),
    findings: &mut Vec<String>,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare(&format!("{sql} LIMIT {FINDINGS_MAX}"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        findings.push(format!("index: {} {verdict}", uuid::Uuid::from_bytes(row.get(0)?)));
    }
    Ok(())
}
