-- Leases that a clock put back cannot prolong, values that are to be computed anew whoever dies meanwhile, and frames
-- that say what an event was before it was changed.
ALTER TABLE ops.cursor ADD COLUMN lease_renewed_at timestamptz;
COMMENT ON COLUMN ops.cursor.lease_renewed_at IS 'When the lease was taken or renewed; it holds from then to lease_expires_at';
ALTER TABLE ops.cursor ADD COLUMN recompute_at timestamptz;
COMMENT ON COLUMN ops.cursor.recompute_at IS 'Stored values hold what the fold no longer does (a skip of what was folded): computed anew by whoever comes first, by a worker from this time on. Null when they are as they should be';
ALTER TABLE ops.cursor ADD COLUMN recompute_versions bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN ops.cursor.recompute_versions IS 'Versions that were skipped or taken back since the values were computed: their events are told of when they are computed anew';

ALTER TABLE signal.publication ADD COLUMN was_type text;
COMMENT ON COLUMN signal.publication.was_type IS 'Of an event that was amended into another type, or retracted: what it was before. A filter of events lets it pass for both';

DROP FUNCTION IF EXISTS ops.leased(timestamptz, double precision);
DROP FUNCTION IF EXISTS ops.claim(text, text, double precision, integer);
DROP FUNCTION IF EXISTS signal.advance(text, text[], bigint[], bigint[], bigint[], double precision);
DROP FUNCTION IF EXISTS signal.write(text, bigint, jsonb, text, jsonb, jsonb, jsonb, double precision[], text[], integer[],
    text[], text[], text[], text[], double precision[], text[], integer[], smallint[], double precision[],
    double precision[], bigint[], text[], text[], text[], text[], bigint[], timestamptz[], text[], text[]);
DROP FUNCTION IF EXISTS signal.commit(text, text, bigint, bigint, bigint, double precision, jsonb, text, jsonb, jsonb, jsonb,
    double precision[], text[], integer[], text[], text[], text[], text[], double precision[], text[], integer[],
    smallint[], double precision[], double precision[], bigint[], text[], text[], text[], text[], bigint[], timestamptz[],
    text[], text[]);
