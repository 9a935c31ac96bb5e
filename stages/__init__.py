"""Purchasing capability of bank customers: one thin entry point a step, named by its verb."""
