-- Leases that a clock put back cannot prolong, and values that are to be computed anew whoever dies meanwhile.
ALTER TABLE ops.cursor ADD COLUMN lease_renewed_at timestamptz;
COMMENT ON COLUMN ops.cursor.lease_renewed_at IS 'When the lease was taken or renewed; it holds from then to lease_expires_at';
ALTER TABLE ops.cursor ADD COLUMN recompute_at timestamptz;
COMMENT ON COLUMN ops.cursor.recompute_at IS 'Stored values hold what the fold no longer does (a skip of what was folded): computed anew by whoever comes first, by a worker from this time on. Null when they are as they should be';

DROP FUNCTION IF EXISTS ops.leased(timestamptz, double precision);
DROP FUNCTION IF EXISTS ops.claim(text, text, double precision, integer);
DROP FUNCTION IF EXISTS signal.write(text, bigint, jsonb, text, jsonb, jsonb, jsonb, double precision[], text[], integer[],
    text[], text[], text[], text[], double precision[], text[], integer[], smallint[], double precision[],
    double precision[], bigint[], text[], text[], text[], text[], bigint[], timestamptz[], text[], text[]);
