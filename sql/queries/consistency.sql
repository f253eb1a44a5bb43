-- name: consistency_matches
-- Matches that are scored: those that are named ($1), else real ones that kicked off from $2 on. Only of these sports ($3).
SELECT m.match_id, m.sport, m.anchor_at, s.home_name, s.away_name, s.home_score, s.away_score
FROM log.match m
JOIN ops.cursor c ON c.match_id = m.match_id AND c.pipeline = 'live' AND c.version > 0
LEFT JOIN signal.match_state s ON s.match_id = m.match_id
WHERE m.sport = ANY ($3::text[])
  AND CASE WHEN $1::text[] IS NULL THEN m.origin IN ('live', 'import') ELSE m.match_id = ANY ($1::text[]) END
  AND ($2::timestamptz IS NULL OR m.anchor_at >= $2)
ORDER BY m.anchor_at, m.match_id;

-- name: consistency_points
-- What is on the air of a match, of these signals ($2); what came on the air lately and is still owed ($3) is left out.
SELECT p.signal, p.subject, p.anchor, p.value, (v.declaration ->> 'resolution')::float8 AS step,
       (v.declaration ->> 'additive')::boolean AS additive, p.signal_version AS version, p.model
FROM signal.point p
JOIN registry.on_air v ON v.match_id = p.match_id AND v.signal = p.signal AND v.version = p.signal_version
WHERE p.match_id = $1 AND p.signal = ANY ($2::text[]) AND p.status <> 'withdrawn'
  AND p.signal || '@' || p.signal_version <> ALL ($3::text[]);
