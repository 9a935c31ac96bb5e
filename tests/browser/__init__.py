"""A package, so that its servers and its browser end with its tests."""
