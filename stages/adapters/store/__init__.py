"""Cassandra: sessions, tables, the fast way in and out."""
