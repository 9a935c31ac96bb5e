"""Benchmarks: this project beside the best known alternative, in one run on one machine."""
