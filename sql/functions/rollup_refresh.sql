-- Recomputes the buckets of one rollup that hold the given minutes of matches (Apache edition).
CREATE OR REPLACE FUNCTION rollup.refresh(p_rollup text, p_width interval, p_match_id text[], p_minute timestamptz[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Two refreshers may hold different minutes of one bucket: each must see what the other wrote.
    PERFORM pg_advisory_xact_lock(7355609);
    CREATE TEMPORARY TABLE IF NOT EXISTS touched_bucket (match_id text, bucket timestamptz) ON COMMIT DROP;
    TRUNCATE touched_bucket;
    INSERT INTO touched_bucket
        SELECT DISTINCT t.match_id, time_bucket(p_width, t.minute) FROM unnest(p_match_id, p_minute) AS t (match_id, minute);
    EXECUTE format('DELETE FROM rollup.%I s USING touched_bucket t WHERE s.match_id = t.match_id AND s.bucket = t.bucket',
                   p_rollup || '_store');
    EXECUTE format('INSERT INTO rollup.%I SELECT l.* FROM touched_bucket t CROSS JOIN LATERAL
                        (SELECT * FROM rollup.%I v WHERE v.match_id = t.match_id AND v.bucket = t.bucket) l',
                   p_rollup || '_store', p_rollup || '_live');
END
$$;
