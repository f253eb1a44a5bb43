-- Tables like log.feed_event for the bench of append: one with its indexes, one bare. Nothing of Touchline uses them.
CREATE SCHEMA bench;
CREATE TABLE bench.feed_event (LIKE log.feed_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
SELECT create_hypertable('bench.feed_event', by_range('recorded_at', INTERVAL '7 days'), create_default_indexes => false);
CREATE INDEX feed_event_match_version ON bench.feed_event (match_id, version);
CREATE INDEX feed_event_identity ON bench.feed_event (match_id, source_event_id);
CREATE TABLE bench.bare_event (LIKE log.feed_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
SELECT create_hypertable('bench.bare_event', by_range('recorded_at', INTERVAL '7 days'), create_default_indexes => false);
