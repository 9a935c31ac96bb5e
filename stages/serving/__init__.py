"""The registered model's code."""
