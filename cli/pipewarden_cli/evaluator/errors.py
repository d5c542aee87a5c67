"""The one family of errors the evaluator raises for what it is given."""

from __future__ import annotations


class EvaluatorError(ValueError):
    """Something the evaluator was given is not valid; the message says what, and where it can."""
