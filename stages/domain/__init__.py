"""Pure functions on tables and arrays: no files, no network, no MLflow, no Cassandra."""
