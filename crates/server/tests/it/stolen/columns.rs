//! Every value of a database, one by one. In its files the values of a row lie side by side with nothing between them, numbers
//! are not written in digits, and PostgreSQL compresses what is long.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// A value, and its table and column.
pub struct Cell {
    pub place: String,
    pub value: Vec<u8>,
}

/// All of them as one text, in which each stands alone.
pub fn joined(cells: &[Cell]) -> Vec<u8> {
    cells.iter().flat_map(|cell| [cell.place.as_bytes(), b"\0", &cell.value, b"\0"].concat()).collect()
}

pub fn of_sqlite(file: &Path) -> Vec<Cell> {
    let database = Connection::open(file).unwrap();
    let mut tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables: Vec<String> =
        tables.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let mut cells = Vec::new();
    for table in tables {
        let mut all = database.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns: Vec<String> = all.column_names().map(|column| format!("{table}.{column}")).collect();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (index, place) in columns.iter().enumerate() {
                let value = match row.get_ref(index).unwrap() {
                    ValueRef::Null => continue,
                    ValueRef::Integer(number) => number.to_string().into_bytes(),
                    ValueRef::Real(number) => number.to_string().into_bytes(),
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
                };
                cells.push(Cell { place: place.clone(), value });
            }
        }
    }
    cells
}

pub async fn of_postgres(url: &str) -> Vec<Cell> {
    let database = connect(url).await;
    let tables = "SELECT format('%I.%I', table_schema, table_name) FROM information_schema.tables
         WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')";
    let mut cells = Vec::new();
    for table in database.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        // Every value comes as text.
        for message in database.simple_query(&format!("SELECT * FROM {table}")).await.unwrap() {
            let SimpleQueryMessage::Row(row) = message else { continue };
            for (index, column) in row.columns().iter().enumerate() {
                let Some(text) = row.get(index) else { continue };
                let value = from_hexadecimal(text).unwrap_or_else(|| text.as_bytes().to_vec());
                cells.push(Cell { place: format!("{table}.{}", column.name()), value });
            }
        }
    }
    cells
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Bytes as PostgreSQL writes them.
fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let pairs = text.strip_prefix("\\x")?.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use cenote_store::testing::postgres::empty_database;

    use super::*;
    use crate::stolen::remembered::Remembered;

    const ROWS: &[&str] = &[
        "CREATE TABLE one (id text, code text, more text); INSERT INTO one VALUES ('before', '987654', 'after')",
        "CREATE TABLE two (id bigint, code bigint); INSERT INTO two VALUES (1, 987654)",
        "CREATE TABLE three (code BYTES); INSERT INTO three VALUES (HEX)",
    ];

    fn found(cells: &[Cell]) -> Vec<String> {
        let mut remembered = Remembered::default();
        remembered.code("987654");
        let mut places: Vec<String> = cells
            .iter()
            .filter(|cell| !remembered.search_database(&joined(std::slice::from_ref(*cell))).is_empty())
            .map(|cell| cell.place.trim_start_matches("public.").to_owned())
            .collect();
        places.sort();
        places
    }

    #[tokio::test]
    async fn a_code_in_a_column_of_its_own_is_found() {
        let everywhere = ["one.code", "three.code", "two.code"];
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("some.db");
        let database = Connection::open(&file).unwrap();
        for row in ROWS {
            database.execute_batch(&row.replace("BYTES", "blob").replace("HEX", "x'393837363534'")).unwrap();
        }
        assert_eq!(found(&of_sqlite(&file)), everywhere);
        let Some(options) = empty_database().await else { return };
        let database = connect(&options.url).await;
        for row in ROWS {
            let row = row.replace("BYTES", "bytea").replace("HEX", "'\\x393837363534'");
            database.batch_execute(&row).await.unwrap();
        }
        assert_eq!(found(&of_postgres(&options.url).await), everywhere);
    }
}
