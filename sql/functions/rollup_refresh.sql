-- Recomputes the buckets of one rollup that hold the given minutes of matches (Apache edition). A rollup that is made of
-- another one reads its store: that one is refreshed first, in the same transaction. What of it waits for its own refresh
-- waits in this one too, and neither is read meanwhile.
CREATE OR REPLACE FUNCTION rollup.refresh(p_rollup text, p_width interval, p_match_id text[], p_minute timestamptz[])
RETURNS void LANGUAGE plpgsql
-- A chunk that has just begun has no statistics, and looks small enough to be read whole, once for each match.
SET enable_seqscan = off AS $$
BEGIN
    -- Two refreshers may hold different minutes of one bucket: each must see what the other wrote.
    PERFORM pg_advisory_xact_lock(7355609);
    CREATE TEMPORARY TABLE IF NOT EXISTS touched_match (
        match_id text, buckets timestamptz[], first timestamptz, beyond timestamptz) ON COMMIT DROP;
    TRUNCATE touched_match;
    INSERT INTO touched_match
        SELECT t.match_id, array_agg(t.bucket), min(t.bucket), max(t.bucket) + p_width
        FROM (SELECT DISTINCT m.match_id, time_bucket(p_width, m.minute) AS bucket
              FROM unnest(p_match_id, p_minute) AS m (match_id, minute)) t
        GROUP BY t.match_id;
    EXECUTE format('DELETE FROM rollup.%I s USING touched_match t WHERE s.match_id = t.match_id AND s.bucket = ANY (t.buckets)',
                   p_rollup || '_store');
    -- By match: all its buckets are computed in one pass over its rows in between. Rows of a signal lie together: they are read
    -- together.
    EXECUTE format('INSERT INTO rollup.%I SELECT l.* FROM touched_match t CROSS JOIN LATERAL
                        rollup.%I(t.match_id, t.first, t.beyond) l WHERE l.bucket = ANY (t.buckets)
                    ORDER BY l.match_id, ' || CASE WHEN EXISTS (
                        SELECT FROM pg_attribute a
                        WHERE a.attrelid = format('rollup.%I', p_rollup || '_store')::regclass AND a.attname = 'signal')
                    THEN 'l.signal, ' ELSE '' END || 'l.bucket',
                   p_rollup || '_store', p_rollup || '_step');
END
$$;
