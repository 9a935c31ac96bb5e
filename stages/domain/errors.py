"""The one error a person is meant to read."""


class UserError(Exception):
    """Says in one message what was wrong, where, and what to do; never holds a customer's row."""
