-- name: catalogue_versions
-- Every version that is scored, on air or beside it, with the model that it is bound to and what is known of that model.
SELECT v.sport, v.signal, v.version, v.stage, v.sha256, v.model, v.model_version, v.promote_when_filled,
       v.adopt_until > clock_timestamp() AS adopting
FROM registry.signal_version v
WHERE v.stage IN ('live', 'shadow') AND v.source IS NOT NULL
ORDER BY v.sport, v.signal, v.version;

-- name: generation
SELECT generation FROM registry.generation;

-- name: canaries
SELECT match_id, sport, signal, version FROM registry.canary;

-- name: signal_source
SELECT source FROM registry.signal_version WHERE sport = $1 AND signal = $2 AND version = $3;

-- name: model_artifacts
-- A version of a model, then the older ones: what is fallen back on where it cannot be loaded.
SELECT version, sha256, artifact FROM registry.model_version WHERE model = $1 AND version <= $2 ORDER BY version DESC;

-- name: register_lock
-- What is registered is durable once it is said to be, also over a connection that mostly does not wait for the disk.
SELECT pg_advisory_xact_lock(7355611),
       CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END;

-- name: register_model
INSERT INTO registry.model_version (model, version, kind, sha256, artifact, licence, research_only)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (model, version) DO NOTHING;

-- name: registered_signals
SELECT signal, version, stage, sha256, source IS NULL AS unread FROM registry.signal_version WHERE sport = $1;

-- name: has_scored_matches
SELECT EXISTS (SELECT FROM log.match m JOIN ops.cursor c USING (match_id)
               WHERE m.sport = $1 AND c.pipeline = 'live' AND c.version > 0);

-- name: register_signal
INSERT INTO registry.signal_version AS v (sport, signal, version, title, unit, declaration, source, sha256, model,
                                          model_version, stage, promote_when_filled)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12)
ON CONFLICT (sport, signal, version) DO UPDATE
    SET title = excluded.title, unit = excluded.unit, declaration = excluded.declaration, source = excluded.source,
        sha256 = excluded.sha256, model = excluded.model, model_version = excluded.model_version,
        stage = excluded.stage, promote_when_filled = excluded.promote_when_filled;

-- name: note_deployment
INSERT INTO registry.deployment (principal, action, sport, signal, version, from_version, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: changed_on_air
WITH counted AS (UPDATE registry.generation SET generation = generation + 1)
SELECT pg_notify('touchline_registry', 'registry');

-- name: registry_changed
SELECT pg_notify('touchline_registry', 'registry');

-- name: air_lock
-- Held by whoever moves the air (as registry.put_on_air takes it), to look at how things stand before. In a statement of its
-- own: the next one sees what was done while this one waited.
SELECT pg_advisory_xact_lock(7355610);

-- name: is_retired
SELECT stage = 'retired' FROM registry.signal_version WHERE sport = $1 AND signal = $2 AND version = $3;

-- name: put_on_air
-- Durable once it is said, as `register_lock`.
SELECT registry.put_on_air($1, $2, $3, $4, $5, $6, $7),
       CASE current_setting('synchronous_commit') WHEN 'off' THEN set_config('synchronous_commit', 'on', true) END;

-- name: adopt
UPDATE registry.signal_version SET adopt_until = clock_timestamp() + make_interval(secs => $4)
WHERE sport = $1 AND signal = $2 AND version = $3;

-- name: adopters
-- The workers that live, and the generation and versions that each has made ready.
SELECT worker_id, report -> 'ready' AS ready FROM ops.worker
WHERE seen_at BETWEEN clock_timestamp() - INTERVAL '3 seconds' AND clock_timestamp() + INTERVAL '3 seconds';

-- name: signal_versions
-- Versions of signals: $1, $2 of one sport and signal, null for all.
SELECT v.sport, v.signal, v.version, v.title, v.stage, v.sha256, v.model, v.model_version, v.registered_at,
       v.promote_when_filled, coalesce(c.matches, 0) AS canary_matches
FROM registry.signal_version v
LEFT JOIN (SELECT sport, signal, version, count(*) AS matches FROM registry.canary GROUP BY 1, 2, 3) c
    USING (sport, signal, version)
WHERE ($1::text IS NULL OR v.sport = $1) AND ($2::text IS NULL OR v.signal = $2)
ORDER BY v.sport, v.signal, v.version;

-- name: deployments
SELECT deployment_id, at, principal, action, sport, signal, version, from_version, match_ids, reason
FROM registry.deployment WHERE sport = $1 AND signal = $2 ORDER BY deployment_id DESC LIMIT $3;

-- name: last_left
-- The version that left the air when this one came on it last.
SELECT from_version FROM registry.deployment
WHERE sport = $1 AND signal = $2 AND version = $3 AND match_ids IS NULL AND action IN ('promoted', 'rolled_back')
  AND from_version IS NOT NULL AND from_version <> $3
ORDER BY deployment_id DESC LIMIT 1;

-- name: retire
-- Nothing, where it has gone on the air meanwhile.
UPDATE registry.signal_version SET stage = 'retired', promote_when_filled = false
WHERE sport = $1 AND signal = $2 AND version = $3 AND stage <> 'live' RETURNING version;

-- name: drop_beside
DELETE FROM ops.cursor WHERE pipeline = registry.beside($1, $2, $3);

-- name: begin_beside
-- A cursor for every match of the sport that has none; owed where points of an earlier time are stored.
INSERT INTO ops.cursor (match_id, pipeline, owed)
SELECT m.match_id, registry.beside($1, $2, $3),
       CASE WHEN EXISTS (SELECT FROM signal.point p WHERE p.match_id = m.match_id AND p.signal = $2 AND p.signal_version = $3)
            THEN ARRAY[concat_ws('@', $2::text, $3::integer)] ELSE '{}'::text[] END
FROM log.match m JOIN ops.cursor l ON l.match_id = m.match_id AND l.pipeline = 'live' AND l.version > 0
WHERE m.sport = $1
  AND NOT EXISTS (SELECT FROM ops.cursor c WHERE c.match_id = m.match_id AND c.pipeline = registry.beside($1, $2, $3))
  AND NOT EXISTS (SELECT FROM registry.on_air o WHERE o.match_id = m.match_id AND o.signal = $2 AND o.version = $3)
ON CONFLICT DO NOTHING;

-- name: claim_beside
-- Leases matches that a version beside the air has yet to follow, those that are played now first, then the newest. Never
-- one on whose air it is: a cursor may be left of a match that came while the version went there.
WITH behind AS (
    SELECT c.match_id, l.version AS head
    FROM ops.cursor c
    JOIN ops.cursor l ON l.match_id = c.match_id AND l.pipeline = 'live'
    JOIN log.match m ON m.match_id = c.match_id
    LEFT JOIN signal.match_state s ON s.match_id = c.match_id
    WHERE c.pipeline = registry.beside($1, $2, $3) AND (l.version > c.version OR c.owed <> '{}')
      AND (c.lease_owner = $4 OR NOT ops.leased(c.lease_renewed_at, c.lease_expires_at))
      AND (c.retry_at IS NULL OR c.retry_at NOT BETWEEN clock_timestamp() AND clock_timestamp() + INTERVAL '300 seconds')
      AND NOT EXISTS (SELECT FROM registry.on_air o WHERE o.match_id = c.match_id AND o.signal = $2 AND o.version = $3)
    ORDER BY s.status IN ('finished', 'abandoned'), m.anchor_at DESC
    LIMIT $6
    FOR UPDATE OF c SKIP LOCKED
)
UPDATE ops.cursor c
SET lease_owner = $4, lease_epoch = c.lease_epoch + (c.lease_owner IS DISTINCT FROM $4)::int,
    lease_renewed_at = clock_timestamp(), lease_expires_at = clock_timestamp() + make_interval(secs => $5)
FROM behind b
WHERE c.match_id = b.match_id AND c.pipeline = registry.beside($1, $2, $3)
RETURNING c.match_id, c.version, b.head, c.lease_epoch, c.owed;

-- name: beside_held
-- Matches that a version beside the air has yet to follow and that others hold, who (host:process), and how long at most.
SELECT count(*) AS matches, string_agg(DISTINCT regexp_replace(c.lease_owner, ':[^:]*$', ''), ', ') AS owners,
       max(extract(epoch FROM c.lease_expires_at - clock_timestamp()))::double precision AS free_in_s
FROM ops.cursor c JOIN ops.cursor l ON l.match_id = c.match_id AND l.pipeline = 'live'
WHERE c.pipeline = registry.beside($1, $2, $3) AND (l.version > c.version OR c.owed <> '{}')
  AND c.lease_owner <> $4 AND ops.leased(c.lease_renewed_at, c.lease_expires_at);

-- name: beside_progress
-- How many matches a version beside the air is to follow, and how many of them it has followed to where they were scored.
-- behind: events that it lacks of one of them that nobody scores right now. Those that are being scored are made ready by
-- whoever does. untouched: matches that it has not come to at all, whether they are being scored or not.
SELECT count(*) AS matches, count(*) FILTER (WHERE c.version >= l.version AND c.owed = '{}') AS done,
       coalesce(sum(l.version), 0)::bigint AS events, coalesce(sum(least(coalesce(c.version, 0), l.version)), 0)::bigint AS events_done,
       count(*) FILTER (WHERE c.parked_at IS NOT NULL) AS parked, min(c.parked_reason) AS parked_reason,
       coalesce(max(l.version - coalesce(c.version, 0))
                FILTER (WHERE NOT ops.leased(l.lease_renewed_at, l.lease_expires_at)), 0) AS behind,
       count(*) FILTER (WHERE coalesce(c.version, 0) = 0) AS untouched
FROM ops.cursor l
JOIN log.match m ON m.match_id = l.match_id AND m.sport = $1
LEFT JOIN ops.cursor c ON c.match_id = l.match_id AND c.pipeline = registry.beside($1, $2, $3)
WHERE l.pipeline = 'live' AND l.version > 0
  AND NOT EXISTS (SELECT FROM registry.on_air o WHERE o.match_id = l.match_id AND o.signal = $2 AND o.version = $3);

-- name: release_beside
UPDATE ops.cursor SET lease_expires_at = NULL WHERE pipeline = $1 AND lease_owner = $2 AND lease_expires_at IS NOT NULL;

-- name: played_now
-- Is a match scored now that somebody waits for?
SELECT EXISTS (SELECT FROM ops.cursor c JOIN log.match m USING (match_id)
               WHERE c.pipeline = $1 AND m.origin <> 'import' AND ops.leased(c.lease_renewed_at, c.lease_expires_at));

-- name: signal_sports
SELECT DISTINCT sport FROM registry.signal_version WHERE signal = $1;

-- name: version_row
SELECT v.sport, v.signal, v.version, v.stage, v.model, v.model_version, m.research_only, m.licence, v.promote_when_filled, v.sha256
FROM registry.signal_version v LEFT JOIN registry.model_version m ON m.model = v.model AND m.version = v.model_version
WHERE v.sport = $1 AND v.signal = $2 AND v.version = $3;

-- name: canary_matches
SELECT match_id FROM registry.canary WHERE sport = $1 AND signal = $2 AND version = $3 ORDER BY match_id;

-- name: set_stage
-- Nothing, where it has gone on the air meanwhile.
UPDATE registry.signal_version SET stage = $4, promote_when_filled = $5
WHERE sport = $1 AND signal = $2 AND version = $3 AND stage <> 'live' RETURNING version;

-- name: match_of_sport
SELECT EXISTS (SELECT FROM log.match WHERE match_id = $1 AND sport = $2);

-- name: model_hashes
-- The versions of a model that are registered, and the hash of the parameters of each.
SELECT version, sha256 FROM registry.model_version WHERE model = $1 ORDER BY version;

-- name: model_row
SELECT sha256, artifact FROM registry.model_version WHERE model = $1 AND version = $2;

-- name: newest_model
SELECT artifact FROM registry.model_version WHERE model = $1 ORDER BY version DESC LIMIT 1;

-- name: restore_model
-- Puts the file of a model back, of the same parameters; what is stored is not whole.
UPDATE registry.model_version SET artifact = $4 WHERE model = $1 AND version = $2 AND sha256 = $3;

-- name: left_the_air
-- The versions of a signal that were on the air of all matches before and are still scored beside it, the last one first.
SELECT v.sport, v.signal, v.version, v.sha256, v.model, v.model_version, coalesce(m.research_only, false) AS research_only
FROM registry.signal_version v
JOIN (SELECT from_version, max(deployment_id) AS left_at FROM registry.deployment
      WHERE sport = $1 AND signal = $2 AND match_ids IS NULL AND from_version IS NOT NULL GROUP BY from_version) d
    ON d.from_version = v.version
LEFT JOIN registry.model_version m ON m.model = v.model AND m.version = v.model_version
WHERE v.sport = $1 AND v.signal = $2 AND v.version <> $3 AND v.stage = 'shadow' AND v.source IS NOT NULL
ORDER BY d.left_at DESC;

-- name: fall_back
SELECT registry.fall_back($1, $2, $3, $4, $5, $6);
