-- What lies where: every hypertable, aggregate and table of ours, exact rows, and what of it is compressed. Counts, so it
-- takes a while where much is stored.
--
-- kind: hypertable, aggregate (of the Community edition) or table. packed_before_bytes, packed_after_bytes: of the chunks that
-- are compressed now, what they took before and take now, indexes included; null where none is.
CREATE OR REPLACE FUNCTION ops.storage() RETURNS TABLE (
    area text, name text, kind text, row_count bigint, chunks integer, packed_chunks integer, table_bytes bigint,
    index_bytes bigint, total_bytes bigint, packed_before_bytes bigint, packed_after_bytes bigint
) LANGUAGE plpgsql STABLE AS $$
DECLARE
    v_of record;
BEGIN
    FOR v_of IN
        SELECT coalesce(a.view_schema, h.hypertable_schema)::text AS area, coalesce(a.view_name, h.hypertable_name)::text AS name,
               CASE WHEN a.view_name IS NULL THEN 'hypertable' ELSE 'aggregate' END AS kind,
               format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass AS oid
        FROM timescaledb_information.hypertables h
        LEFT JOIN timescaledb_information.continuous_aggregates a
               ON a.materialization_hypertable_schema = h.hypertable_schema
              AND a.materialization_hypertable_name = h.hypertable_name
        WHERE h.hypertable_schema IN ('log', 'signal', 'rollup', 'mart', 'registry', 'ops', 'feature') OR a.view_schema = 'rollup'
        UNION ALL
        -- Aggregates are not among the hypertables of all versions.
        SELECT a.view_schema, a.view_name, 'aggregate',
               format('%I.%I', a.materialization_hypertable_schema, a.materialization_hypertable_name)::regclass
        FROM timescaledb_information.continuous_aggregates a
        WHERE a.view_schema = 'rollup' AND NOT EXISTS (
            SELECT FROM timescaledb_information.hypertables h WHERE h.hypertable_schema = a.materialization_hypertable_schema
            AND h.hypertable_name = a.materialization_hypertable_name)
        UNION ALL
        SELECT n.nspname, c.relname, 'table', c.oid
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('log', 'signal', 'rollup', 'mart', 'registry', 'ops', 'feature') AND c.relkind = 'r'
          AND NOT EXISTS (SELECT FROM timescaledb_information.hypertables h
                          WHERE h.hypertable_schema = n.nspname AND h.hypertable_name = c.relname)
    LOOP
        area := v_of.area;
        name := v_of.name;
        kind := v_of.kind;
        EXECUTE format('SELECT count(*) FROM %s', v_of.oid::regclass) INTO row_count;
        IF v_of.kind = 'table' THEN
            SELECT NULL, NULL, pg_table_size(v_of.oid), pg_indexes_size(v_of.oid), pg_total_relation_size(v_of.oid), NULL, NULL
            INTO chunks, packed_chunks, table_bytes, index_bytes, total_bytes, packed_before_bytes, packed_after_bytes;
        ELSE
            SELECT count(*), count(*) FILTER (WHERE h.is_compressed) INTO chunks, packed_chunks
            FROM timescaledb_information.chunks h
            WHERE format('%I.%I', h.hypertable_schema, h.hypertable_name)::regclass = v_of.oid;
            SELECT coalesce(sum(s.table_bytes + coalesce(s.toast_bytes, 0)), 0), coalesce(sum(s.index_bytes), 0),
                   coalesce(sum(s.total_bytes), 0)
            INTO table_bytes, index_bytes, total_bytes FROM hypertable_detailed_size(v_of.oid) s;
            SELECT NULL, NULL INTO packed_before_bytes, packed_after_bytes;
            IF packed_chunks > 0 THEN
                SELECT s.before_compression_total_bytes, s.after_compression_total_bytes
                INTO packed_before_bytes, packed_after_bytes FROM hypertable_compression_stats(v_of.oid) s;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
