-- A fact is a file in sql/marts/<sport>/ with a function refresh_<fact>(match, event ids) and diff_<fact>(match).
CREATE OR REPLACE FUNCTION mart.refresh_fact(p_fact text, p_match_id text, p_source_event_ids text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT mart.%I($1, $2)', 'refresh_' || p_fact) USING p_match_id, p_source_event_ids;
END
$$;

CREATE OR REPLACE FUNCTION mart.diff_fact(p_fact text, p_match_id text) RETURNS TABLE (side text, row_data jsonb)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT * FROM mart.%I($1)', 'diff_' || p_fact) USING p_match_id;
END
$$;
