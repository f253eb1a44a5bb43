-- name: store_training
-- Keeps one run of a training.
INSERT INTO registry.training_run
    (model, version, kind, model_sha256, code_version, data_sets, data_sha256, data_files, data_bytes, licence,
     research_only, split, settings, parameters, metrics, n_train, n_test)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13::jsonb, $14::jsonb, $15::jsonb, $16, $17)
RETURNING run_id;

-- name: training_runs
-- The newest $2 runs, of one model where $1 names it; newest first. registered: the version of the model that is
-- registered with the same parameters; null where none is.
SELECT r.run_id, r.trained_at, r.model, r.version, r.kind, r.model_sha256, r.code_version, r.data_sets, r.data_sha256,
       r.data_files, r.data_bytes, r.licence, r.research_only, r.split, r.settings, r.parameters, r.metrics, r.n_train,
       r.n_test, m.version AS registered
FROM registry.training_run r
LEFT JOIN registry.model_version m ON m.model = r.model AND m.version = r.version AND m.sha256 = r.model_sha256
WHERE $1::text IS NULL OR r.model = $1
ORDER BY r.run_id DESC LIMIT $2;

-- name: training_run
-- One run: by its number ($2), else the newest of a version of a model ($1, $3).
SELECT r.run_id, r.trained_at, r.model, r.version, r.kind, r.model_sha256, r.code_version, r.data_sets, r.data_sha256,
       r.data_files, r.data_bytes, r.licence, r.research_only, r.split, r.settings, r.parameters, r.metrics, r.n_train,
       r.n_test, m.version AS registered
FROM registry.training_run r
LEFT JOIN registry.model_version m ON m.model = r.model AND m.version = r.version AND m.sha256 = r.model_sha256
WHERE r.run_id = $2 OR ($2::bigint IS NULL AND r.model = $1 AND r.version = $3)
ORDER BY r.run_id DESC LIMIT 1;

-- name: registered_models
-- Every version of every model that is registered, with the newest run that made its parameters and the signals that
-- are bound to it.
SELECT m.model, m.version, m.kind, m.sha256, m.licence, m.research_only, m.registered_at, r.run_id,
       ARRAY(SELECT concat(v.signal, '@', v.version) FROM registry.signal_version v
             WHERE v.model = m.model AND v.model_version = m.version ORDER BY v.signal, v.version) AS signals
FROM registry.model_version m
LEFT JOIN LATERAL (SELECT t.run_id FROM registry.training_run t
                   WHERE t.model = m.model AND t.model_sha256 = m.sha256 ORDER BY t.run_id DESC LIMIT 1) r ON true
WHERE $1::text IS NULL OR m.model = $1
ORDER BY m.model, m.version;
