-- What is published in a week is a few hundred megabytes: one chunk. Every read of the stream looks into each chunk there is.
SELECT set_chunk_time_interval('signal.publication', INTERVAL '7 days');
