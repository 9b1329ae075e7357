//! The SQL: each function is one question or one change, inside the caller's transaction where it has one.

use crate::{Entry, Error, Event, Revision, Snapshot, history::HistorySize, watch::PAGE};
use bytes::Bytes;
use rusqlite::{
    Connection, OptionalExtension, Row, params,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};
use std::collections::VecDeque;

/// Numbers beyond `SQLite`'s integers come only from clients; none is ever reached.
impl ToSql for Revision {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Revision {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

/// The revision of the last write.
pub(super) fn revision(connection: &Connection) -> rusqlite::Result<Revision> {
    let newest = "SELECT MAX(revision) FROM history";
    let newest: Option<Revision> = connection.prepare_cached(newest)?.query_row((), |row| row.get(0))?;
    Ok(newest.unwrap_or(Revision::INITIAL))
}

/// The oldest revision whose event is known, or will be.
fn oldest(connection: &Connection) -> rusqlite::Result<Revision> {
    let oldest = "SELECT MIN(revision) FROM history";
    let oldest: Option<Revision> = connection.prepare_cached(oldest)?.query_row((), |row| row.get(0))?;
    Ok(oldest.unwrap_or(Revision::INITIAL.next()))
}

pub(super) fn get(connection: &Connection, key: &str) -> rusqlite::Result<Option<Entry>> {
    let object = "SELECT key, value, created, modified FROM objects WHERE key = ?1";
    connection.prepare_cached(object)?.query_row([key], entry).optional()
}

pub(super) fn list(connection: &Connection, prefix: &str) -> rusqlite::Result<Snapshot> {
    let transaction = connection.unchecked_transaction()?;
    let revision = revision(&transaction)?;
    let objects = "SELECT key, value, created, modified FROM objects WHERE key >= ?1 AND key < ?2 ORDER BY key";
    let mut objects = transaction.prepare_cached(objects)?;
    let mut rows = objects.query([prefix, &end_of(prefix)])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.extend(readable(row, entry));
    }
    Ok(Snapshot { revision, entries })
}

/// The first page of events under `prefix` with `after` < revision <= `until`.
pub(super) fn events(
    connection: &Connection,
    prefix: &str,
    after: Revision,
    until: Revision,
) -> rusqlite::Result<Result<VecDeque<Event>, Error>> {
    let transaction = connection.unchecked_transaction()?;
    let oldest = oldest(&transaction)?;
    if after.next() < oldest {
        return Ok(Err(Error::Compacted { oldest }));
    }
    let events = "SELECT revision, key, value, previous, previous_created, previous_modified FROM history
        WHERE revision > ?1 AND revision <= ?2 AND key >= ?3 AND key < ?4 ORDER BY revision";
    let mut events = transaction.prepare_cached(events)?;
    let rows = events.query_map(params![after, until, prefix, end_of(prefix)], |row| Ok(readable(row, event)))?;
    PAGE.first(rows.filter_map(Result::transpose)).map(Ok)
}

/// Carries a change out and remembers it.
pub(super) fn apply(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    match event.entry() {
        Some(entry) => {
            let store = "INSERT OR REPLACE INTO objects (key, value, created, modified) VALUES (?1, ?2, ?3, ?4)";
            let values = params![entry.key, text(&entry.value), entry.created, entry.modified];
            connection.prepare_cached(store)?.execute(values)?;
        }
        None => {
            connection.prepare_cached("DELETE FROM objects WHERE key = ?1")?.execute([&event.key])?;
        }
    }
    let remember = "INSERT INTO history (revision, key, value, previous, previous_created, previous_modified)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let previous = event.previous.as_ref();
    connection.prepare_cached(remember)?.execute(params![
        event.revision,
        event.key,
        event.value.as_ref().map(text),
        previous.map(|entry| text(&entry.value)),
        previous.map(|entry| entry.created),
        previous.map(|entry| entry.modified),
    ])?;
    Ok(())
}

/// How much history there is.
pub(super) fn history_size(connection: &Connection) -> rusqlite::Result<HistorySize> {
    let size = "SELECT COUNT(*), COALESCE(SUM(octet_length(value)), 0) + COALESCE(SUM(octet_length(previous)), 0)
        FROM history";
    connection.query_row(size, (), |row| {
        let (events, bytes) = (row.get::<_, i64>(0)?, row.get::<_, i64>(1)?);
        Ok(HistorySize { events: events.try_into().unwrap_or(0), bytes: bytes.try_into().unwrap_or(0) })
    })
}

/// Forgets at most `limit` events before revision `before`, but never the newest. Returns the oldest one left, and
/// how much is gone.
pub(super) fn forget(
    connection: &Connection,
    before: Revision,
    limit: u64,
) -> rusqlite::Result<(Revision, HistorySize)> {
    let oldest = oldest(connection)?;
    let end = before.min(Revision(oldest.0.saturating_add(limit))).min(revision(connection)?);
    Ok((end.max(oldest), delete_before(connection, end)?))
}

/// Forgets the oldest of `held` events, but never the newest, until the rest is within `bound`. Returns how much is
/// gone.
pub(super) fn forget_excess(
    connection: &Connection,
    mut held: HistorySize,
    bound: HistorySize,
) -> rusqlite::Result<HistorySize> {
    let by_age = "SELECT revision, IFNULL(octet_length(value), 0) + IFNULL(octet_length(previous), 0)
        FROM history ORDER BY revision";
    let mut by_age = connection.prepare_cached(by_age)?;
    let mut rows = by_age.query(())?;
    let mut end = Revision::default();
    while held.exceeds(bound)
        && let Some(row) = rows.next()?
    {
        held -= one(row, 1)?;
        end = row.get::<_, Revision>(0)?.next();
    }
    drop(rows);
    delete_before(connection, end.min(revision(connection)?))
}

fn delete_before(connection: &Connection, end: Revision) -> rusqlite::Result<HistorySize> {
    let delete = "DELETE FROM history WHERE revision < ?1
        RETURNING IFNULL(octet_length(value), 0) + IFNULL(octet_length(previous), 0)";
    let mut delete = connection.prepare_cached(delete)?;
    let mut rows = delete.query([end])?;
    let mut gone = HistorySize::default();
    while let Some(row) = rows.next()? {
        gone += one(row, 0)?;
    }
    Ok(gone)
}

/// An event whose bytes are in this column.
fn one(row: &Row<'_>, column: usize) -> rusqlite::Result<HistorySize> {
    Ok(HistorySize::one(row.get::<_, i64>(column)?.try_into().unwrap_or(0)))
}

/// What a row says, or nothing: a row that cannot be understood costs itself, not the rows beside it.
fn readable<T>(row: &Row<'_>, read: fn(&Row<'_>) -> rusqlite::Result<T>) -> Option<T> {
    read(row).inspect_err(|error| tracing::error!(%error, "the store holds a row that is damaged: left out")).ok()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        key: row.get(0)?,
        value: Bytes::copy_from_slice(row.get_ref(1)?.as_bytes()?),
        created: row.get(2)?,
        modified: row.get(3)?,
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    let key: String = row.get(1)?;
    let bytes = |column| Ok::<_, rusqlite::Error>(row.get_ref(column)?.as_bytes_or_null()?.map(Bytes::copy_from_slice));
    let previous = match bytes(3)? {
        Some(value) => Some(Entry { key: key.clone(), value, created: row.get(4)?, modified: row.get(5)? }),
        None => None,
    };
    Ok(Event { revision: row.get(0)?, value: bytes(2)?, key, previous })
}

/// JSON is stored as text, so that people can read it with the `sqlite3` program.
fn text(value: &Bytes) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(value))
}

/// Greater than every key with this prefix: keys do not contain the last character of Unicode.
fn end_of(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}
