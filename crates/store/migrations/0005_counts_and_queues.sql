-- How many users a pool has, in parts by the end of their subs: who signs up at the same moment seldom waits for the same row.
CREATE TABLE IF NOT EXISTS user_counts (
    pool_id {text} NOT NULL,
    part {text} NOT NULL,
    users {bigint} NOT NULL,
    PRIMARY KEY (pool_id, part)
){clustered};
INSERT INTO user_counts (pool_id, part, users)
    SELECT pool_id, substr(sub, length(sub) - 1), COUNT(*) FROM users
    WHERE pool_id IN (SELECT id FROM pools) GROUP BY pool_id, substr(sub, length(sub) - 1)
    ON CONFLICT DO NOTHING;

-- What waits in the outbox waits in a queue: its state is 'email', 'sms', 'decoy', or 'dead'.
UPDATE outbox SET state = CASE
    WHEN data LIKE '%"decoy":true%' THEN 'decoy'
    WHEN data LIKE '%"channel":"SMS"%' THEN 'sms'
    ELSE 'email'
END WHERE state = 'pending';
