"""The web UI: what is published on disk and what the endpoint answers, for a marketer's eyes."""
