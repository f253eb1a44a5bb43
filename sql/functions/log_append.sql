-- Appends a batch of one stream in one round trip: idempotent, gapless versions in commit order, one NOTIFY.
--
-- p_mode `push`: a repeat of any earlier content of an identity is a repeat (a sender that retries must not undo
-- a later change), unless it is called an amendment now and was none then; what is recorded for the first time after an
-- amendment was overtaken by it on its way, and is kept and not effective; nothing brings back what was retracted but a
-- higher provider revision.
-- p_mode `follow` (files, polls): the newest content is the truth, so A, B, A is two changes.
-- With provider revisions the same revision is a repeat, and an older one is kept but not effective.
-- p_kind `absent`: a whole document left the identity out. It is retracted, without a provider revision, and a document
-- that has it again (mode follow) brings it back at the revision it had.
-- p_importance: 0 to 3 an event. p_sequence: the provider's own message numbers, null when it has none.
-- p_flush false: the commit does not wait for the disk. Whoever acknowledges must wait for a later flush; the scorer's
-- commit of these events is one, as the write-ahead log is written in order.
-- NOTIFY says match, first and last version, highest importance among what is new.
CREATE OR REPLACE FUNCTION log.append(
    p_match_id text, p_stream_id integer, p_mode text, p_principal text,
    p_source_event_id text[], p_kind text[], p_provider_revision bigint[], p_type text[], p_period smallint[],
    p_order_key double precision[], p_elapsed_s double precision[], p_offset_s double precision[],
    p_team_id text[], p_player_id text[], p_fields text[], p_raw bytea[], p_content_hash bytea[],
    p_importance smallint[], p_sequence bigint[], p_flush boolean
) RETURNS TABLE (first_version bigint, last_version bigint, appended integer, repeated integer)
LANGUAGE plpgsql AS $$
DECLARE
    v_given     integer := cardinality(p_source_event_id);
    v_appended  integer;
    v_version   bigint;
    v_newest    bigint[];
    v_anchor    timestamptz;
    v_provider  text;
    v_role      text;
    v_now       timestamptz;
    v_all_new   boolean;
    v_place     bigint[];
    v_revision  integer[];
    v_effective boolean[];
    v_levels    bigint[];
BEGIN
    SELECT m.version, m.anchor_at, m.newest_important, s.provider, s.role
    INTO v_version, v_anchor, v_newest, v_provider, v_role
    FROM log.match m JOIN log.stream s ON s.match_id = m.match_id AND s.stream_id = p_stream_id
    WHERE m.match_id = p_match_id FOR UPDATE OF m;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'match % has no stream %', p_match_id, p_stream_id USING ERRCODE = 'TL404';
    END IF;
    v_now := clock_timestamp();
    IF NOT p_flush THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;

    -- Most batches tell of nothing that is known: all of it is new, in its order, and there is nothing to judge.
    -- LATERAL with a limit, so that each identity is looked up in the index, whatever the statistics say.
    v_all_new := NOT EXISTS (SELECT FROM unnest(p_source_event_id) AS t (id), LATERAL (
                                 SELECT FROM log.identity i
                                 WHERE i.match_id = p_match_id AND i.provider = v_provider AND i.role = v_role
                                   AND i.source_event_id = t.id LIMIT 1) AS known)
                 AND (v_given = 1 OR v_given = (SELECT count(*) FROM (
                        SELECT DISTINCT t.id COLLATE "C" FROM unnest(p_source_event_id) AS t (id)) AS different));
    IF v_all_new THEN
        v_appended := v_given;
    ELSIF NOT EXISTS (
        -- Next to that, most tell nothing new: a retry, the second connection, a document that did not change.
        SELECT FROM unnest(p_source_event_id, p_kind, p_provider_revision, p_content_hash)
            AS t (source_event_id, kind, provider_revision, content_hash)
        WHERE CASE
            WHEN t.provider_revision IS NOT NULL THEN p_mode = 'push' AND (
                SELECT true FROM log.identity i
                WHERE i.match_id = p_match_id AND i.provider = v_provider AND i.role = v_role
                  AND i.source_event_id = t.source_event_id AND i.provider_revision = t.provider_revision LIMIT 1)
            WHEN p_mode = 'follow' THEN t.content_hash = (
                SELECT i.content_hash FROM log.identity i
                WHERE i.match_id = p_match_id AND i.provider = v_provider AND i.role = v_role
                  AND i.source_event_id = t.source_event_id AND i.effective ORDER BY i.revision DESC LIMIT 1)
            ELSE (
                SELECT true FROM log.identity i
                WHERE i.match_id = p_match_id AND i.provider = v_provider AND i.role = v_role
                  AND i.source_event_id = t.source_event_id AND i.content_hash = t.content_hash
                  AND i.amends = (t.kind = 'amended') LIMIT 1)
        END IS NOT TRUE
    ) THEN
        v_appended := 0;
    ELSE
        SELECT j.place, j.revision, j.effective, j.appended INTO v_place, v_revision, v_effective, v_appended
        FROM log.judge(p_match_id, v_provider, v_role, p_mode, p_source_event_id, p_kind, p_provider_revision,
                       p_content_hash) j;
    END IF;

    IF v_appended > 0 THEN
        -- place counts what is new from 1; the arrays of the judgement are null where all of it is.
        INSERT INTO log.identity (match_id, provider, role, source_event_id, revision, provider_revision, retracted,
                                  absent, amends, effective, content_hash, version)
        SELECT p_match_id, v_provider, v_role, t.source_event_id, coalesce(t.revision, 1), t.provider_revision,
               t.kind IN ('retracted', 'absent'), t.kind = 'absent', t.kind = 'amended', coalesce(t.effective, true), t.content_hash,
               v_version + coalesce(t.place, t.ord)
        FROM unnest(p_source_event_id, p_kind, p_provider_revision, p_content_hash, v_place, v_revision, v_effective)
            WITH ORDINALITY AS t (source_event_id, kind, provider_revision, content_hash, place, revision, effective, ord)
        WHERE v_all_new OR t.place IS NOT NULL;

        INSERT INTO log.feed_event (recorded_at, match_id, version, stream_id, control, source_event_id, revision,
                                    provider_revision, kind, effective, type, period, order_key, elapsed_s,
                                    occurred_at, team_id, player_id, fields, raw, principal)
        SELECT v_now, p_match_id, v_version + coalesce(t.place, t.ord), p_stream_id, v_role = 'control',
               t.source_event_id, coalesce(t.revision, 1), t.provider_revision,
               CASE WHEN t.kind = 'absent' THEN 'retracted'
                    WHEN t.kind = 'recorded' AND t.revision > 1 THEN 'amended' ELSE t.kind END,
               coalesce(t.effective, true), t.type, t.period, t.order_key, t.elapsed_s,
               v_anchor + make_interval(secs => t.offset_s), t.team_id, t.player_id, t.fields::jsonb, t.raw, p_principal
        FROM unnest(p_source_event_id, p_kind, p_provider_revision, p_type, p_period, p_order_key, p_elapsed_s,
                    p_offset_s, p_team_id, p_player_id, p_fields, p_raw, v_place, v_revision, v_effective)
            WITH ORDINALITY AS t (source_event_id, kind, provider_revision, type, period, order_key, elapsed_s,
                                  offset_s, team_id, player_id, fields, raw, place, revision, effective, ord)
        WHERE v_all_new OR t.place IS NOT NULL;

        IF 0 < ANY (p_importance) THEN
            -- What an amendment of a shot or card replaced may have been a goal, so it counts like one.
            SELECT ARRAY[max(e.version) FILTER (WHERE e.level = 1), max(e.version) FILTER (WHERE e.level = 2),
                         max(e.version) FILTER (WHERE e.level = 3)]
            INTO v_levels
            FROM (SELECT v_version + coalesce(t.place, t.ord) AS version,
                         CASE WHEN t.importance > 0 AND t.revision > 1 THEN 3 ELSE t.importance END AS level
                  FROM unnest(p_importance, v_place, v_revision, v_effective)
                      WITH ORDINALITY AS t (importance, place, revision, effective, ord)
                  WHERE v_all_new OR (t.place IS NOT NULL AND t.effective)) e;
            v_newest := ARRAY[coalesce(v_levels[1], v_newest[1]), coalesce(v_levels[2], v_newest[2]),
                              coalesce(v_levels[3], v_newest[3])];
        END IF;
        UPDATE log.match m SET version = v_version + v_appended, newest_important = v_newest,
            first_recorded_at = least(m.first_recorded_at, v_now), last_recorded_at = greatest(m.last_recorded_at, v_now)
        WHERE m.match_id = p_match_id;
        PERFORM pg_notify('touchline_log', concat_ws(',', p_match_id, v_version + 1, v_version + v_appended,
            CASE WHEN v_levels[3] IS NOT NULL THEN 3 WHEN v_levels[2] IS NOT NULL THEN 2
                 WHEN v_levels[1] IS NOT NULL THEN 1 ELSE 0 END));
    END IF;
    IF p_sequence IS NOT NULL THEN
        PERFORM log.note_sequence(p_match_id, v_provider, v_role, p_sequence, v_now);
    END IF;
    RETURN QUERY SELECT v_version + 1, v_version + v_appended, v_appended, v_given - v_appended;
END
$$;
