-- Which minutes of what is only ever appended to are over. A minute is over when everybody who might have written into it
-- has ended: whoever appends has a transaction id before the time of its rows is read.
CREATE TABLE rollup.closed (
    rollup     text PRIMARY KEY,
    upto       timestamptz NOT NULL,
    next_upto  timestamptz,
    until_xid  xid8
);
COMMENT ON TABLE rollup.closed IS 'Up to where a rollup over an append-only table is read as it is stored; what came later is computed';
COMMENT ON COLUMN rollup.closed.rollup IS 'Its name';
COMMENT ON COLUMN rollup.closed.upto IS 'Every bucket before this is stored as it will stay';
COMMENT ON COLUMN rollup.closed.next_upto IS 'The next one to be: once all transactions up to until_xid have ended';
COMMENT ON COLUMN rollup.closed.until_xid IS 'A transaction that began after next_upto';
COMMENT ON COLUMN rollup.dirty.source IS 'The hypertable that was touched';
COMMENT ON COLUMN rollup.dirty.match_id IS 'The match';
COMMENT ON COLUMN rollup.dirty.bucket IS 'The minute, by the hypertable''s own time';
COMMENT ON COLUMN rollup.dirty.queued_at IS 'When it was touched';
COMMENT ON COLUMN rollup.dirty.queue_id IS 'Counts up';

-- The log is in the order of its time on disk: a range of it is found by an index of a few pages.
CREATE INDEX feed_event_recorded ON log.feed_event USING brin (recorded_at) WITH (pages_per_range = 32, autosummarize = on);
