-- A page of the feed's events as log.current_event knows them now, in match order: those after a place, so many of them.
-- p_types: null for all. p_period, p_order_key, p_source_event_id: the place; null for the beginning.
--
-- A page is asked for far more often than a match is corrected. So the messages are read in match order, from the place on and
-- no further than the page goes, by an index of their own (feed_event_match_order), and one is gone where a later one of its
-- identity counts: of those there are few, in an index of their own, too.
CREATE OR REPLACE FUNCTION log.event_page(
    p_match_id text, p_types text[], p_period integer, p_order_key double precision, p_source_event_id text, p_limit integer
) RETURNS TABLE (
    version bigint, source_event_id text, provider text, kind text, type text, period smallint, elapsed_s double precision,
    order_key double precision, team text, player text, fields text, recorded_at timestamptz
) LANGUAGE plpgsql STABLE
-- With the times in the plan, chunks that are out of the question are not even looked at: a log of years has many.
SET plan_cache_mode = force_custom_plan AS $$
#variable_conflict use_column
DECLARE
    v_since    timestamptz;
    v_until    timestamptz;
    v_provider text := log.primary_provider(p_match_id);
    v_skipped  bigint[] := ARRAY(SELECT k.version FROM log.skipped k WHERE k.match_id = p_match_id AND k.undone_at IS NULL);
    v_streams  integer[] := ARRAY(SELECT s.stream_id FROM log.stream s
                                  WHERE s.match_id = p_match_id AND s.role = 'events' AND s.provider = v_provider);
BEGIN
    -- A day more on either side: a clock may be put back while a message is on its way.
    SELECT m.first_recorded_at - INTERVAL '1 day', m.last_recorded_at + INTERVAL '1 day' INTO v_since, v_until
    FROM log.match m WHERE m.match_id = p_match_id;
    RETURN QUERY
        SELECT e.version, e.source_event_id, v_provider, e.kind, e.type, e.period, e.elapsed_s, e.order_key, e.team_id,
               e.player_id, e.fields::text, e.recorded_at
        FROM (
            SELECT f.version, f.source_event_id, f.kind, f.type, f.period, f.elapsed_s, f.order_key, f.team_id, f.player_id,
                   f.fields, f.recorded_at
            FROM log.feed_event f
            WHERE f.match_id = p_match_id AND f.recorded_at BETWEEN v_since AND v_until
              AND NOT f.control AND f.effective AND f.kind <> 'retracted'
              AND f.stream_id = ANY (v_streams) AND f.version <> ALL (v_skipped)
              AND (p_types IS NULL OR f.type = ANY (p_types))
              AND (p_period IS NULL OR (f.period, f.order_key, f.source_event_id) > (p_period, p_order_key, p_source_event_id))
              AND f.version NOT IN (
                  SELECT o.version
                  FROM log.identity n
                  JOIN log.identity o ON o.match_id = p_match_id AND o.provider = v_provider AND o.role = 'events'
                                     AND o.source_event_id = n.source_event_id AND o.version < n.version
                  WHERE n.match_id = p_match_id AND n.provider = v_provider AND n.role = 'events' AND n.revision > 1
                    AND n.effective AND n.version <> ALL (v_skipped))
            ORDER BY f.period, f.order_key, f.source_event_id
            LIMIT p_limit
        ) e
        ORDER BY e.period, e.order_key, e.source_event_id;
END
$$;
