-- The scorer's commit of one match, whole, in one round trip and one transaction: the cursor (as signal.advance does it
-- for several), then points, picture, queue of rollups, dimensions, facts (signal.write), and last the frames
-- (signal.publish).
CREATE OR REPLACE FUNCTION signal.commit(
    p_match_id text, p_pipeline text, p_epoch bigint, p_from bigint, p_to bigint, p_lease_s double precision,
    p_state jsonb, p_finality text, p_entities jsonb, p_facts jsonb, p_removed jsonb,
    p_point_offset_s double precision[], p_point_signal text[], p_point_signal_version integer[], p_point_subject text[],
    p_point_anchor text[], p_point_team_id text[], p_point_source_event_id text[], p_point_value double precision[],
    p_point_status text[], p_point_revision integer[], p_point_period smallint[], p_point_elapsed_s double precision[],
    p_point_order_key double precision[], p_point_version bigint[], p_point_model text[],
    p_frame_event text[], p_frame_signal text[], p_frame_event_type text[], p_frame_version bigint[],
    p_frame_recorded_at timestamptz[], p_frame_body text[], p_frame_changes text[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE ops.cursor c
    SET version = p_to, lease_renewed_at = clock_timestamp(),
        lease_expires_at = clock_timestamp() + make_interval(secs => p_lease_s),
        -- Who commits what was known already has computed it anew.
        recompute_at = CASE WHEN p_to > p_from THEN c.recompute_at END,
        parked_at = NULL, parked_reason = NULL, parked_version = NULL, attempts = 0, retry_at = NULL
    WHERE c.match_id = p_match_id AND c.pipeline = p_pipeline AND c.lease_epoch = p_epoch AND c.version = p_from
      -- A head that was heard of may be gone with a crash of the server: what comes in its place must not be passed over.
      AND p_to <= (SELECT m.version FROM log.match m WHERE m.match_id = p_match_id);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the lease on match % was lost (epoch %, version %)', p_match_id, p_epoch, p_from
            USING ERRCODE = 'TL409';
    END IF;
    PERFORM signal.write(p_match_id, p_to, p_state, p_finality, p_entities, p_facts, p_removed, p_point_offset_s, p_point_signal,
                         p_point_signal_version, p_point_subject, p_point_anchor, p_point_team_id, p_point_source_event_id,
                         p_point_value, p_point_status, p_point_revision, p_point_period, p_point_elapsed_s, p_point_order_key,
                         p_point_version, p_point_model);
    IF p_frame_event IS NOT NULL THEN
        PERFORM signal.publish(p_match_id, p_frame_event, p_frame_signal, p_frame_event_type, p_frame_version,
                               p_frame_recorded_at, p_frame_body, p_frame_changes);
    END IF;
END
$$;
