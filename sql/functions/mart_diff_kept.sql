-- How the kept rows of a fact differ from what the log says now; nothing where none are kept that hold.
CREATE OR REPLACE FUNCTION mart.diff_kept(p_name text, p_match_id text) RETURNS TABLE (side text, row_data jsonb)
LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM mart.kept_now k WHERE k.match_id = p_match_id) THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'WITH stored AS MATERIALIZED (SELECT to_jsonb(f) AS r FROM mart.%1$I f JOIN mart.dim_match d USING (match_key)
                                      WHERE d.match_id = $1),
              clean AS MATERIALIZED (SELECT to_jsonb(s) AS r FROM mart.%2$I($1, false) s)
         SELECT ''stored'', r FROM (SELECT r FROM stored EXCEPT SELECT r FROM clean) a
         UNION ALL
         SELECT ''clean'', r FROM (SELECT r FROM clean EXCEPT SELECT r FROM stored) b', p_name, p_name || '_of')
        USING p_match_id;
END
$$;
