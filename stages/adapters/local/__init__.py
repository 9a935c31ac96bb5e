"""A Cassandra node on this machine, from pip packages alone."""
