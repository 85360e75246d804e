-- The refresh tokens of a sign-in whose client rotates them, from the first rotation on: which of them is good.
CREATE TABLE IF NOT EXISTS refresh_families (
    pool_id {text} NOT NULL,
    family {text} NOT NULL,
    sub {text} NOT NULL,
    version {bigint} NOT NULL,
    expires_ms {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (pool_id, family)
){clustered};
CREATE INDEX IF NOT EXISTS refresh_families_by_user ON refresh_families (pool_id, sub, family);
CREATE INDEX IF NOT EXISTS refresh_families_by_expiry ON refresh_families (expires_ms);

-- Names that nobody has, and what guesses at them have used up. In the order of time, so that what is old goes without an index:
-- a row more here must cost no more than a changed one elsewhere.
DROP TABLE IF EXISTS unknown_users;
CREATE TABLE IF NOT EXISTS unknown_names (
    period {bigint} NOT NULL,
    name_hash {text} NOT NULL,
    version {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (period, name_hash)
){clustered};

-- Sign-ins that users and administrators can list and end, where a pool keeps track of them.
CREATE TABLE IF NOT EXISTS user_sessions (
    pool_id {text} NOT NULL,
    sub {text} NOT NULL,
    id {text} NOT NULL,
    family {text} NOT NULL,
    expires_ms {bigint} NOT NULL,
    data {text} NOT NULL,
    last_active_ms {bigint} NOT NULL,
    activity {text} NOT NULL,
    PRIMARY KEY (pool_id, sub, id)
);
CREATE INDEX IF NOT EXISTS user_sessions_by_expiry ON user_sessions (expires_ms);

-- Devices that users confirmed.
CREATE TABLE IF NOT EXISTS devices (
    pool_id {text} NOT NULL,
    sub {text} NOT NULL,
    device_key {text} NOT NULL,
    version {bigint} NOT NULL,
    remembered {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (pool_id, sub, device_key)
);
