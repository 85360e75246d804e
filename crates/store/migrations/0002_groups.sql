CREATE TABLE IF NOT EXISTS user_groups (
    pool_id {text} NOT NULL,
    name {text} NOT NULL,
    version {bigint} NOT NULL,
    data {text} NOT NULL,
    PRIMARY KEY (pool_id, name)
);

CREATE TABLE IF NOT EXISTS memberships (
    pool_id {text} NOT NULL,
    group_name {text} NOT NULL,
    sub {text} NOT NULL,
    created_ms {bigint} NOT NULL,
    PRIMARY KEY (pool_id, group_name, sub)
){clustered};
CREATE INDEX IF NOT EXISTS memberships_by_user ON memberships (pool_id, sub, group_name);
