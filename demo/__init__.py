"""The demo: scenes.yaml played on the real product and recorded as a narrated video."""
