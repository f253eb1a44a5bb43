-- name: store_quality
-- Keeps one row of a quality report; $1 is the same for all rows of it.
INSERT INTO registry.quality_report
    (measured_at, signal, signal_version, model, data_set, files, n, metrics, code_version)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9);

-- name: quality_history
-- The newest $2 rows of quality reports, of one signal where $1 names it; newest first.
SELECT measured_at, signal, signal_version, model, data_set, files, n, metrics, code_version
FROM registry.quality_report WHERE $1::text IS NULL OR signal = $1
ORDER BY measured_at DESC, report_id LIMIT $2;
