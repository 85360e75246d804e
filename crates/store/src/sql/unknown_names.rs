//! Names that nobody has, and the search that treats them like those of users.

use super::{Columns, Query, Step, body, decode_body_at, decode_integer, encode_json, params, text};
use crate::aggregates::{UnknownName, User};
use crate::change::Conflict;
use crate::error::StoreError;
use crate::ids::{PoolId, Sub};
use crate::store::Store;

body!(UnknownName, "unknown_names");

/// Whom a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    User(Box<User>),
    /// Nobody, and what is remembered of the name.
    Nobody(Option<Box<UnknownName>>),
}

/// What a name is looked for by.
#[derive(Clone, Copy, Debug)]
pub struct NameSearch<'a> {
    pub pool: &'a PoolId,
    /// The name, folded where the pool ignores case.
    pub key: &'a str,
    /// The name as a sub, where it may be one.
    pub sub: Option<&'a Sub>,
    pub name_hash: &'a str,
    /// Whose row is read where the name leads to nobody: the next one from here.
    pub twin: &'a Sub,
    pub now_ms: i64,
}

/// The statement of a search. It reads one row of a user, whatever there is: the owner's (user name, sub, address, phone number,
/// preferred name, in this order), or that of the next user from a place on, or of the first one of the pool. All these are
/// looked for each time, and so is what is remembered of a name that nobody has: a name that is known and one that is not
/// are the same steps through the same indexes.
macro_rules! search {
    ($sub:literal) => {
        concat!(
            "SELECT f.found, u.data, u.version, k.data, k.version, k.period FROM (SELECT MIN(r) AS found FROM (\
             SELECT CASE kind WHEN 'username' THEN '1' WHEN 'email' THEN '3' WHEN 'phone_number' THEN '4' \
             ELSE '5' END || sub AS r FROM user_names WHERE pool_id = $1 AND key = $2 UNION ALL ",
            $sub,
            "SELECT '8' || sub FROM (SELECT sub FROM users WHERE pool_id = $1 AND sub >= $3 ORDER BY sub LIMIT 1) \
             AS twin UNION ALL \
             SELECT '9' || sub FROM (SELECT sub FROM users WHERE pool_id = $1 ORDER BY sub LIMIT 1) AS other\
             ) AS ranked) AS f \
             LEFT JOIN users u ON u.pool_id = $1 AND u.sub = SUBSTR(f.found, 2) \
             LEFT JOIN unknown_names k ON k.period IN (CAST($5 AS BIGINT) - 1, $5, CAST($5 AS BIGINT) + 1) AND k.name_hash = $4"
        )
    };
}

static SEARCH: Query<Named> = Query { sql: search!(""), decode: decode_named };
static SEARCH_WITH_SUB: Query<Named> = Query {
    sql: search!("SELECT '2' || sub FROM users WHERE pool_id = $1 AND sub = $6 UNION ALL "),
    decode: decode_named,
};
static FIND: Query<UnknownName> = Query {
    sql: "SELECT data, version, period FROM unknown_names \
          WHERE period IN (CAST($2 AS BIGINT) - 1, $2, CAST($2 AS BIGINT) + 1) AND name_hash = $1",
    decode: |row| decode_unknown(row, 0),
};

const SWEEP: &str = "DELETE FROM unknown_names WHERE (period, name_hash) IN \
    (SELECT period, name_hash FROM unknown_names WHERE period < $1 ORDER BY period, name_hash LIMIT $2)";

/// The row of a user is decoded whoever it is, and dropped when it is not the owner's.
fn decode_named(row: &dyn Columns) -> Result<Named, StoreError> {
    let found = row.text(0).map(|found| Ok((found < "8", decode_body_at(row, 1)?))).transpose()?;
    Ok(match found {
        Some((true, user)) => Named::User(Box::new(user)),
        Some((false, _)) | None => {
            Named::Nobody(row.text(3).map(|_| decode_unknown(row, 3).map(Box::new)).transpose()?)
        }
    })
}

fn decode_unknown(row: &dyn Columns, place: usize) -> Result<UnknownName, StoreError> {
    let period = decode_integer(row, place + 2, "unknown_names", "period")?;
    Ok(UnknownName { period, ..decode_body_at(row, place)? })
}

impl Store {
    /// Finds whom a name leads to, with the same work whether that is somebody or nobody.
    pub async fn find_named(&self, search: NameSearch<'_>) -> Result<Named, StoreError> {
        let NameSearch { pool, key, sub, name_hash, twin, now_ms } = search;
        let period = UnknownName::period_of(now_ms);
        let mut params = params![pool, &*text::name_key(key), twin, name_hash, period];
        let query = if let Some(sub) = sub {
            params.push(sub.into());
            &SEARCH_WITH_SUB
        } else {
            &SEARCH
        };
        // There are several rows if instances whose clocks differ wrote of one name first at the turn of a period.
        let found = self.point(query, params).await?.into_iter().max_by_key(|named| match named {
            Named::Nobody(Some(unknown)) => unknown.period,
            Named::Nobody(None) | Named::User(_) => 0,
        });
        Ok(match found {
            Some(Named::Nobody(Some(unknown))) => {
                Named::Nobody(Some(Box::new(UnknownName { name_hash: name_hash.to_owned(), ..*unknown })))
            }
            other => other.unwrap_or(Named::Nobody(None)),
        })
    }

    /// What is remembered of a name that nobody has.
    pub async fn find_unknown_name(
        &self,
        name_hash: &str,
        now_ms: i64,
    ) -> Result<Option<UnknownName>, StoreError> {
        let found = self.point(&FIND, params![name_hash, UnknownName::period_of(now_ms)]).await?;
        let newest = found.into_iter().max_by_key(|unknown| unknown.period);
        Ok(newest.map(|unknown| UnknownName { name_hash: name_hash.to_owned(), ..unknown }))
    }
}

/// Every way touches one row of one tree, as the update of a user does; there is no index to keep in step.
pub(super) fn put(unknown: &UnknownName, now_ms: i64, steps: &mut Vec<Step>) -> Result<(), StoreError> {
    let UnknownName { name_hash, period: before, version, .. } = unknown;
    let (name_hash, data) = (name_hash.as_str().into(), encode_json(unknown)?);
    let period = unknown.period_when_written(now_ms);
    // With version 0 as the caller's, somebody else's insertion is a change since the read like any other.
    let (sql, params) = if *version == 0 {
        let sql = "INSERT INTO unknown_names (period, name_hash, version, data) VALUES ($1, $2, 1, $3) \
                   ON CONFLICT DO NOTHING";
        (sql, vec![period.into(), name_hash, data])
    } else if *before == period {
        let sql = "UPDATE unknown_names SET version = version + 1, data = $4 \
                   WHERE period = $1 AND name_hash = $2 AND version = $3";
        (sql, vec![(*before).into(), name_hash, (*version).into(), data])
    } else {
        let sql = "UPDATE unknown_names SET version = version + 1, data = $4, period = $5 \
                   WHERE period = $1 AND name_hash = $2 AND version = $3 AND NOT EXISTS \
                   (SELECT 1 FROM unknown_names WHERE period = $5 AND name_hash = $2)";
        (sql, vec![(*before).into(), name_hash, (*version).into(), data, period.into()])
    };
    steps.push(Step::one(sql, params, Conflict::VersionChanged));
    Ok(())
}

/// The statement that forgets up to `limit` of them.
pub(super) fn sweep(now_ms: i64, limit: u32) -> Step {
    Step::any(SWEEP, params![UnknownName::period_of(now_ms) - 1, limit])
}
