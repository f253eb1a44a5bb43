-- The views of a sport's features, one a kind of entity: feature.<sport>_<kind>_features, with a typed column a feature and
-- the columns that Feast asks for (event_timestamp, created_timestamp and the key, <kind>_id).
-- The first migration makes every function, before the files of later schemas.
CREATE SCHEMA IF NOT EXISTS feature;
CREATE OR REPLACE FUNCTION feature.make_views(p_sport text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_kind record;
    v_name text;
    v_row  record;
BEGIN
    FOR v_kind IN
        SELECT k.kind, string_agg(
            format(CASE d.dtype WHEN 'int' THEN 'h.numbers[%s]::bigint AS %I' WHEN 'bool' THEN '(h.numbers[%s] <> 0) AS %I'
                   ELSE 'h.numbers[%s] AS %I' END, d.place, d.feature), ', ' ORDER BY d.place)
            FILTER (WHERE d.feature IS NOT NULL) AS columns
        FROM unnest(ARRAY['match', 'team', 'player', 'matchup']) AS k (kind)
        LEFT JOIN feature.declared d ON d.sport = p_sport AND d.entity_kind = k.kind AND d.retired_at IS NULL
        GROUP BY k.kind
    LOOP
        v_name := p_sport || '_' || v_kind.kind || '_features';
        EXECUTE format('DROP VIEW IF EXISTS feature.%I', v_name);
        CONTINUE WHEN v_kind.columns IS NULL;
        -- A match is its own key.
        EXECUTE format(
            'CREATE VIEW feature.%I AS SELECT h.entity_id AS %I, %s h.event_timestamp, h.created_timestamp, h.version, %s '
            'FROM feature.history h WHERE h.sport = %L AND h.entity_kind = %L',
            v_name, v_kind.kind || '_id', CASE WHEN v_kind.kind = 'match' THEN '' ELSE 'h.match_id,' END, v_kind.columns,
            p_sport, v_kind.kind);
        EXECUTE format('COMMENT ON VIEW feature.%I IS %L', v_name,
                       format('Features of a %s of %s at each moment where they changed, as Feast reads a source', v_kind.kind,
                              p_sport));
        FOR v_row IN SELECT d.feature, d.unit, d.description FROM feature.declared d
                     WHERE d.sport = p_sport AND d.entity_kind = v_kind.kind AND d.retired_at IS NULL
        LOOP
            EXECUTE format('COMMENT ON COLUMN feature.%I.%I IS %L', v_name, v_row.feature,
                           format('%s (%s)', v_row.description, v_row.unit));
        END LOOP;
    END LOOP;
END
$$;
