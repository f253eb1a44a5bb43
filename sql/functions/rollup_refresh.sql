-- Recomputes the buckets of one rollup that hold the given minutes of matches (Apache edition).
CREATE OR REPLACE FUNCTION rollup.refresh(p_rollup text, p_width interval, p_match_id text[], p_minute timestamptz[])
RETURNS void LANGUAGE plpgsql
-- A chunk that has just begun has no statistics, and looks small enough to be read whole, once for each match.
SET enable_seqscan = off AS $$
BEGIN
    -- Two refreshers may hold different minutes of one bucket: each must see what the other wrote.
    PERFORM pg_advisory_xact_lock(7355609);
    CREATE TEMPORARY TABLE IF NOT EXISTS touched_match (match_id text, buckets timestamptz[]) ON COMMIT DROP;
    TRUNCATE touched_match;
    INSERT INTO touched_match
        SELECT t.match_id, array_agg(DISTINCT time_bucket(p_width, t.minute))
        FROM unnest(p_match_id, p_minute) AS t (match_id, minute) GROUP BY t.match_id;
    EXECUTE format('DELETE FROM rollup.%I s USING touched_match t WHERE s.match_id = t.match_id AND s.bucket = ANY (t.buckets)',
                   p_rollup || '_store');
    -- By match: all its buckets are computed in one pass over its values.
    EXECUTE format('INSERT INTO rollup.%I SELECT l.* FROM touched_match t CROSS JOIN LATERAL
                        (SELECT * FROM rollup.%I v WHERE v.match_id = t.match_id AND v.bucket = ANY (t.buckets)) l',
                   p_rollup || '_store', p_rollup || '_live');
END
$$;
