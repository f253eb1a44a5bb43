-- Who scores what, in which order, how fast; and what of it operators see.
ALTER TABLE log.match ADD COLUMN newest_important bigint[] NOT NULL DEFAULT '{0,0,0}';
COMMENT ON COLUMN log.match.newest_important IS 'Newest version of each importance (1 shot, 2 card, 3 score): what is above the cursor waits, and the highest of it goes first';

ALTER TABLE ops.cursor ADD COLUMN parked_version bigint;
COMMENT ON COLUMN ops.cursor.parked_version IS 'Log version of the event that could not be folded, where one event was the cause';

ALTER TABLE ops.worker ADD COLUMN report jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ops.worker.report IS 'Its stages (count, seconds, percentiles), batches, commits, refusals and errors, as of seen_at';

ALTER TABLE signal.publication ADD COLUMN changes jsonb;
COMMENT ON COLUMN signal.publication.changes IS 'Of a correction or withdrawal: every value that changed, as [subject, anchor, team, value, status, period, elapsed_s, order_key, revision, source_event_id, model]; value and status null where it is gone. as_of_time reads them';

-- A match that is purged and begun anew under its name must not meet a commit of the old one with an epoch that fits.
ALTER TABLE ops.cursor ALTER COLUMN lease_epoch SET DEFAULT floor(random() * 1e12)::bigint;

DROP FUNCTION IF EXISTS ops.claim(text, text, double precision, integer);
DROP FUNCTION IF EXISTS signal.commit(text, text, bigint, bigint, bigint, double precision, jsonb, jsonb, jsonb, text,
                                      jsonb, jsonb, jsonb);
DROP FUNCTION IF EXISTS signal.apply(text, text, bigint, bigint, bigint, double precision, jsonb, jsonb, jsonb, text);
DROP FUNCTION IF EXISTS signal.publish(text, jsonb);
