-- name: compared_points
-- The values of two versions of a signal, or of two signals ($2, $3), at each anchor: of one match ($4), or of all real ones.
-- happened: of a shot, whether it was a goal; of an outcome of a match that is over, whether it came about; else null.
WITH own AS (
    SELECT p.match_id, p.subject, p.anchor, p.source_event_id, p.period, p.elapsed_s, p.order_key, w.side, p.value
    FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS w (signal, version, side)
    JOIN signal.point p ON p.signal = w.signal AND p.signal_version = w.version
    JOIN log.match m USING (match_id)
    WHERE m.sport = $1
      AND CASE WHEN $4::text IS NULL THEN m.origin IN ('live', 'import') ELSE p.match_id = $4 END
), paired AS (
    SELECT match_id, subject, anchor, min(source_event_id) AS source_event_id, min(period) AS period,
           min(elapsed_s) AS elapsed_s, min(order_key) AS order_key,
           max(value) FILTER (WHERE side = 1) AS a, max(value) FILTER (WHERE side = 2) AS b,
           bool_or(side = 1) AS has_a, bool_or(side = 2) AS has_b
    FROM own GROUP BY match_id, subject, anchor
)
SELECT p.match_id, p.subject, p.anchor, p.period, p.elapsed_s, p.a, p.b, p.has_a, p.has_b,
       CASE WHEN p.subject IN ('home', 'draw', 'away') AND s.status = 'finished'
                 THEN p.subject = CASE sign(s.home_score - s.away_score) WHEN 1 THEN 'home' WHEN 0 THEN 'draw' ELSE 'away' END
            WHEN h.is_goal IS NOT NULL AND NOT h.is_shootout THEN h.is_goal END AS happened
FROM paired p
LEFT JOIN signal.match_state s ON s.match_id = p.match_id
LEFT JOIN mart.dim_match d ON d.match_id = p.match_id
LEFT JOIN mart.shot h ON h.match_key = d.match_key AND h.source_event_id = p.source_event_id
ORDER BY p.match_id, p.period, p.elapsed_s, p.order_key, p.subject;

-- name: longest_match
-- The match with the longest log of a sport among those that are scored.
SELECT m.match_id FROM log.match m JOIN ops.cursor c USING (match_id)
WHERE m.sport = $1 AND c.pipeline = 'live' AND c.version > 0 AND ($2::text IS NULL OR m.match_id = $2)
ORDER BY c.version DESC LIMIT 1;
