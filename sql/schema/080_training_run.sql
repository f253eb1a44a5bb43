-- Every training that was recorded, so that two of them can be compared, and a model's numbers be traced to their data.
CREATE TABLE registry.training_run (
    run_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    trained_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    model         text NOT NULL,
    version       integer NOT NULL CHECK (version > 0),
    kind          text NOT NULL,
    model_sha256  text NOT NULL CHECK (model_sha256 ~ '^[0-9a-f]{64}$'),
    code_version  text NOT NULL,
    data_sets     text[] NOT NULL,
    data_sha256   text NOT NULL CHECK (data_sha256 ~ '^[0-9a-f]{64}$'),
    data_files    integer NOT NULL CHECK (data_files > 0),
    data_bytes    bigint NOT NULL CHECK (data_bytes >= 0),
    licence       text NOT NULL,
    research_only boolean NOT NULL,
    split         text NOT NULL,
    settings      jsonb NOT NULL,
    parameters    jsonb NOT NULL,
    metrics       jsonb NOT NULL,
    n_train       integer NOT NULL,
    n_test        integer NOT NULL
);
CREATE INDEX training_run_model ON registry.training_run (model, run_id);
CREATE INDEX training_run_sha256 ON registry.training_run (model_sha256);
COMMENT ON TABLE registry.training_run IS 'What `touchline train` did: one row a training; `touchline models runs` shows them, `touchline models compare` compares two';
COMMENT ON COLUMN registry.training_run.run_id IS 'Counts up; names the run';
COMMENT ON COLUMN registry.training_run.trained_at IS 'When the training was done';
COMMENT ON COLUMN registry.training_run.model IS 'Name of the model';
COMMENT ON COLUMN registry.training_run.version IS 'Version that the model got; it goes up when a parameter changes';
COMMENT ON COLUMN registry.training_run.kind IS 'Kind of the model: which arithmetic its parameters are for';
COMMENT ON COLUMN registry.training_run.model_sha256 IS 'Of the parameters; a registry.model_version with the same was made by this run';
COMMENT ON COLUMN registry.training_run.code_version IS 'Version of Touchline, and the commit where it is known';
COMMENT ON COLUMN registry.training_run.data_sets IS 'Names of the data sets that were read';
COMMENT ON COLUMN registry.training_run.data_sha256 IS 'SHA-256 of the sorted lines "SHA-256 of a file, two spaces, its name" of the files that were read';
COMMENT ON COLUMN registry.training_run.data_files IS 'How many files were read';
COMMENT ON COLUMN registry.training_run.data_bytes IS 'Bytes of these files together';
COMMENT ON COLUMN registry.training_run.licence IS 'Licence of the data, which the model carries';
COMMENT ON COLUMN registry.training_run.research_only IS 'The data may be used for research alone: promote refuses the model';
COMMENT ON COLUMN registry.training_run.split IS 'Which part was trained on, and which the metrics are of';
COMMENT ON COLUMN registry.training_run.settings IS 'What the training was set to, such as folds and the strength of the penalty';
COMMENT ON COLUMN registry.training_run.parameters IS 'What came out: the parameters of the model';
COMMENT ON COLUMN registry.training_run.metrics IS 'The figures of the model''s card';
COMMENT ON COLUMN registry.training_run.n_train IS 'Rows that were trained on';
COMMENT ON COLUMN registry.training_run.n_test IS 'Rows that the metrics are of';
