-- Aggregates are JSON in `data`; beside it stand the columns that keys, guards and indexes need. All times are
-- milliseconds since the epoch. Tokens: {text} sorts by code point on every engine, {clustered} keeps the rows in the
-- primary key where an engine can.

CREATE TABLE IF NOT EXISTS pools (
    id {text} NOT NULL PRIMARY KEY,
    version {bigint} NOT NULL,
    created_ms {bigint} NOT NULL,
    data {text} NOT NULL
);
CREATE INDEX IF NOT EXISTS pools_by_time ON pools (created_ms, id);

-- Pools that were deleted and whose users are still being removed.
CREATE TABLE IF NOT EXISTS purges (
    pool_id {text} NOT NULL PRIMARY KEY
){clustered};

CREATE TABLE IF NOT EXISTS clients (
    id {text} NOT NULL PRIMARY KEY,
    pool_id {text} NOT NULL,
    version {bigint} NOT NULL,
    created_ms {bigint} NOT NULL,
    data {text} NOT NULL
);
CREATE INDEX IF NOT EXISTS clients_by_pool ON clients (pool_id, created_ms, id);

CREATE TABLE IF NOT EXISTS signing_keys (
    pool_id {text} NOT NULL,
    kid {text} NOT NULL,
    created_ms {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (pool_id, kid)
);

CREATE TABLE IF NOT EXISTS users (
    pool_id {text} NOT NULL,
    sub {text} NOT NULL,
    version {bigint} NOT NULL,
    created_ms {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (pool_id, sub)
);
CREATE INDEX IF NOT EXISTS users_by_time ON users (pool_id, created_ms, sub);

-- Who owns a name. The key comes before the kind, so that one range finds a name of every kind.
CREATE TABLE IF NOT EXISTS user_names (
    pool_id {text} NOT NULL,
    key {text} NOT NULL,
    kind {text} NOT NULL,
    sub {text} NOT NULL,
    PRIMARY KEY (pool_id, key, kind)
){clustered};

-- What ListUsers can filter by. Time and sub at the end give each filter's matches in the order of the list.
CREATE TABLE IF NOT EXISTS user_index (
    pool_id {text} NOT NULL,
    name {text} NOT NULL,
    value {text} NOT NULL,
    created_ms {bigint} NOT NULL,
    sub {text} NOT NULL,
    PRIMARY KEY (pool_id, name, value, created_ms, sub)
){clustered};

CREATE TABLE IF NOT EXISTS unknown_users (
    pool_id {text} NOT NULL,
    name_hash {text} NOT NULL,
    version {bigint} NOT NULL,
    expires_ms {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (pool_id, name_hash)
);
CREATE INDEX IF NOT EXISTS unknown_users_by_expiry ON unknown_users (expires_ms);

CREATE TABLE IF NOT EXISTS outbox (
    id {text} NOT NULL PRIMARY KEY,
    pool_id {text} NOT NULL,
    version {bigint} NOT NULL,
    state {text} NOT NULL,
    due_ms {bigint} NOT NULL,
    data {text} NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_by_due ON outbox (state, due_ms, id);

CREATE TABLE IF NOT EXISTS inbox (
    id {text} NOT NULL PRIMARY KEY,
    pool_id {text} NOT NULL,
    username {text} NOT NULL,
    recipient {text} NOT NULL,
    data {text} NOT NULL
);

CREATE TABLE IF NOT EXISTS used_sessions (
    id {text} NOT NULL PRIMARY KEY,
    expires_ms {bigint} NOT NULL
){clustered};
CREATE INDEX IF NOT EXISTS used_sessions_by_expiry ON used_sessions (expires_ms);

CREATE TABLE IF NOT EXISTS revocations (
    pool_id {text} NOT NULL,
    family {text} NOT NULL,
    expires_ms {bigint} NOT NULL,
    PRIMARY KEY (pool_id, family)
){clustered};
CREATE INDEX IF NOT EXISTS revocations_by_expiry ON revocations (expires_ms);

CREATE TABLE IF NOT EXISTS access_keys (
    id {text} NOT NULL PRIMARY KEY,
    version {bigint} NOT NULL,
    created_ms {bigint} NOT NULL,
    data {text} NOT NULL
);

-- Grows with every change to pools, clients, signing keys and access keys: what caches compare.
INSERT INTO meta (key, value) VALUES ('configuration_generation', '0') ON CONFLICT DO NOTHING;
