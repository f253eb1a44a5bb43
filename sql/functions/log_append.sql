-- Appends a batch of one stream in one round trip: idempotent, gapless versions in commit order, one NOTIFY.
--
-- p_mode `push`: a repeat of any earlier content of an identity is a repeat (a sender that retries must not undo
-- a later change); nothing brings back what was retracted but a higher provider revision.
-- p_mode `follow` (files, polls): the newest content is the truth, so A, B, A is two changes.
-- With provider revisions the same revision is a repeat, and an older one is kept but not effective.
CREATE OR REPLACE FUNCTION log.append(
    p_match_id text, p_stream_id integer, p_mode text, p_principal text,
    p_source_event_id text[], p_kind text[], p_provider_revision bigint[], p_type text[], p_period smallint[],
    p_order_key double precision[], p_elapsed_s double precision[], p_offset_s double precision[],
    p_team_id text[], p_player_id text[], p_fields text[], p_raw bytea[], p_content_hash bytea[]
) RETURNS TABLE (first_version bigint, last_version bigint, appended integer, repeated integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_version  bigint;
    v_anchor   timestamptz;
    v_provider text;
    v_role     text;
    v_appended integer;
    v_now      timestamptz;
BEGIN
    SELECT m.version, m.anchor_at INTO v_version, v_anchor FROM log.match m WHERE m.match_id = p_match_id FOR UPDATE;
    SELECT s.provider, s.role INTO v_provider, v_role
    FROM log.stream s WHERE s.stream_id = p_stream_id AND s.match_id = p_match_id;
    IF v_version IS NULL OR v_provider IS NULL THEN
        RAISE EXCEPTION 'match % has no stream %', p_match_id, p_stream_id USING ERRCODE = 'TL404';
    END IF;
    v_now := clock_timestamp();

    WITH input AS (
        SELECT * FROM unnest(p_source_event_id, p_kind, p_provider_revision, p_type, p_period, p_order_key,
                             p_elapsed_s, p_offset_s, p_team_id, p_player_id, p_fields, p_raw, p_content_hash)
            WITH ORDINALITY AS t (source_event_id, kind, provider_revision, type, period, order_key, elapsed_s,
                                  offset_s, team_id, player_id, fields, raw, content_hash, ord)
    ), stored AS MATERIALIZED (
        SELECT i.* FROM log.identity i
        WHERE i.match_id = p_match_id AND i.provider = v_provider AND i.role = v_role
          AND i.source_event_id = ANY (p_source_event_id)
    ), newest AS (
        SELECT s.source_event_id, max(s.revision) AS revision,
               max(s.provider_revision) FILTER (WHERE s.effective) AS provider_revision,
               (array_agg(s.content_hash ORDER BY s.revision DESC) FILTER (WHERE s.effective))[1] AS content_hash,
               (array_agg(s.retracted ORDER BY s.revision DESC) FILTER (WHERE s.effective))[1] AS retracted
        FROM stored s GROUP BY s.source_event_id
    ), judged AS (
        SELECT i.*, n.revision AS newest_revision, n.provider_revision AS newest_provider_revision,
               n.retracted AS newest_retracted,
               CASE
                   WHEN i.provider_revision IS NOT NULL THEN
                       NOT EXISTS (SELECT 1 FROM stored s WHERE s.source_event_id = i.source_event_id
                                     AND s.provider_revision = i.provider_revision)
                       AND row_number() OVER (PARTITION BY i.source_event_id, i.provider_revision ORDER BY i.ord) = 1
                   WHEN p_mode = 'follow' THEN
                       coalesce(lag(i.content_hash) OVER (PARTITION BY i.source_event_id ORDER BY i.ord), n.content_hash)
                       IS DISTINCT FROM i.content_hash
                   ELSE
                       NOT EXISTS (SELECT 1 FROM stored s WHERE s.source_event_id = i.source_event_id
                                     AND s.content_hash = i.content_hash)
                       AND row_number() OVER (PARTITION BY i.source_event_id, i.content_hash ORDER BY i.ord) = 1
               END AS is_new
        FROM input i LEFT JOIN newest n ON n.source_event_id = i.source_event_id
    ), kept AS MATERIALIZED (
        SELECT j.*,
               v_version + row_number() OVER (ORDER BY j.ord) AS version,
               coalesce(j.newest_revision, 0) + row_number() OVER same_identity AS revision,
               CASE
                   WHEN j.provider_revision IS NOT NULL THEN
                       j.provider_revision > coalesce(greatest(j.newest_provider_revision,
                                                               max(j.provider_revision) OVER before), -1)
                   WHEN p_mode = 'follow' THEN true
                   ELSE NOT (coalesce(j.newest_retracted, false)
                             OR coalesce(bool_or(j.kind = 'retracted') OVER before, false))
               END AS effective
        FROM judged j WHERE j.is_new
        WINDOW same_identity AS (PARTITION BY j.source_event_id ORDER BY j.ord),
               before AS (PARTITION BY j.source_event_id ORDER BY j.ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    ), identities AS (
        INSERT INTO log.identity (match_id, provider, role, source_event_id, revision, provider_revision, retracted,
                                  effective, content_hash, version)
        SELECT p_match_id, v_provider, v_role, k.source_event_id, k.revision, k.provider_revision,
               k.kind = 'retracted', k.effective, k.content_hash, k.version
        FROM kept k
    ), events AS (
        INSERT INTO log.feed_event (recorded_at, match_id, version, stream_id, control, source_event_id, revision,
                                    provider_revision, kind, effective, type, period, order_key, elapsed_s,
                                    occurred_at, team_id, player_id, fields, raw, principal)
        SELECT v_now, p_match_id, k.version, p_stream_id, v_role = 'control', k.source_event_id, k.revision,
               k.provider_revision, CASE WHEN k.kind = 'recorded' AND k.revision > 1 THEN 'amended' ELSE k.kind END,
               k.effective, k.type, k.period, k.order_key, k.elapsed_s,
               v_anchor + make_interval(secs => k.offset_s), k.team_id, k.player_id, k.fields::jsonb, k.raw, p_principal
        FROM kept k ORDER BY k.version
    )
    SELECT count(*) INTO v_appended FROM kept;

    IF v_appended > 0 THEN
        UPDATE log.match m SET version = v_version + v_appended WHERE m.match_id = p_match_id;
        PERFORM pg_notify('touchline_log', p_match_id || ',' || (v_version + 1) || ',' || (v_version + v_appended));
    END IF;
    RETURN QUERY SELECT v_version + 1, v_version + v_appended, v_appended,
                        cardinality(p_source_event_id) - v_appended;
END
$$;
