-- Writes down which features a sport declares, and makes the views of them anew where that is news. A feature keeps its
-- place for ever; one that is not declared any more is retired, and leaves the views.
-- p_declared: [{"kind", "feature", "group", "dtype", "unit", "description", "ttl_s"}], in order. Says whether anything changed.
-- The first migration makes every function, before the files of later schemas.
CREATE SCHEMA IF NOT EXISTS feature;
CREATE OR REPLACE FUNCTION feature.declare(p_sport text, p_declared jsonb) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    v_changed boolean := false;
    v_row     record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('feature.declare', 0));
    FOR v_row IN
        SELECT d.kind, d.feature, d."group", d.dtype, d.unit, d.description, d.ttl_s
        FROM ROWS FROM (jsonb_to_recordset(p_declared) AS (kind text, feature text, "group" text, dtype text, unit text,
                                                           description text, ttl_s double precision)) WITH ORDINALITY
            AS d (kind, feature, "group", dtype, unit, description, ttl_s, ord)
        ORDER BY d.ord
    LOOP
        INSERT INTO feature.declared AS k (sport, entity_kind, feature, place, feature_group, dtype, unit, description, ttl_s)
        VALUES (p_sport, v_row.kind, v_row.feature,
                (SELECT coalesce(max(o.place), 0) + 1 FROM feature.declared o
                 WHERE o.sport = p_sport AND o.entity_kind = v_row.kind),
                v_row."group", v_row.dtype, v_row.unit, v_row.description, v_row.ttl_s)
        ON CONFLICT (sport, entity_kind, feature) DO UPDATE
            SET feature_group = excluded.feature_group, dtype = excluded.dtype, unit = excluded.unit,
                description = excluded.description, ttl_s = excluded.ttl_s, retired_at = NULL
            WHERE (k.feature_group, k.dtype, k.unit, k.description, k.ttl_s)
               IS DISTINCT FROM (excluded.feature_group, excluded.dtype, excluded.unit, excluded.description, excluded.ttl_s)
               OR k.retired_at IS NOT NULL;
        v_changed := v_changed OR FOUND;
    END LOOP;
    UPDATE feature.declared k SET retired_at = clock_timestamp()
    WHERE k.sport = p_sport AND k.retired_at IS NULL
      AND NOT EXISTS (SELECT FROM jsonb_to_recordset(p_declared) AS d (kind text, feature text)
                      WHERE d.kind = k.entity_kind AND d.feature = k.feature);
    v_changed := v_changed OR FOUND;
    IF v_changed THEN
        PERFORM feature.make_views(p_sport);
        PERFORM pg_notify('touchline_feature', 'declared');
    END IF;
    RETURN v_changed;
END
$$;
