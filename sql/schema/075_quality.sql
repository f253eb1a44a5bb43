-- How good signals were when they were measured, so that two measurements can be compared.
CREATE TABLE registry.quality_report (
    report_id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    measured_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    signal         text NOT NULL,
    signal_version integer NOT NULL,
    model          text NOT NULL,
    data_set       text NOT NULL,
    files          jsonb NOT NULL,
    n              integer NOT NULL CHECK (n > 0),
    metrics        jsonb NOT NULL,
    code_version   text NOT NULL
);
CREATE INDEX quality_report_signal ON registry.quality_report (signal, measured_at);
COMMENT ON TABLE registry.quality_report IS 'What `touchline quality` measured: one row a signal and group of forecasts';
COMMENT ON COLUMN registry.quality_report.model IS 'Who made the forecasts: the label of our model, a provider, or base rate';
COMMENT ON COLUMN registry.quality_report.data_set IS 'Which forecasts: the name of the group in the report';
COMMENT ON COLUMN registry.quality_report.files IS 'SHA-256 of each file that was read, by its path in the data folder; compare only where it is the same';
COMMENT ON COLUMN registry.quality_report.n IS 'Forecasts: shots, or states of matches';
COMMENT ON COLUMN registry.quality_report.metrics IS 'The figures, as `touchline quality --json` tells them';
COMMENT ON COLUMN registry.quality_report.code_version IS 'Version of Touchline, and the commit where it is known';
