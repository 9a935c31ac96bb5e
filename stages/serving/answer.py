"""What the endpoint answers: one row a customer, with reasons, from canonical transactions."""

from datetime import date
from typing import Any

from stages.domain.confidence import NO_HISTORY
from stages.domain.model import Model
from stages.domain.online import Transactions, features
from stages.serving.interface import ANSWER

Answer = dict[str, Any]


def answer(model: Model, version: str, rows: Transactions, as_of: date) -> list[Answer]:
    """One dictionary a customer in the order of `rows.customers`, its keys those of ANSWER.

    Transactions on or after `as_of` are not looked at: they are the future of that date.
    """
    known = features(rows, as_of, model.spec)
    figures, reasons = model.explained(known)
    count = len(rows.customers)
    all_later = f"all their transactions lie on or after {as_of}"
    columns = {
        "customer_id": rows.customers,
        **{name: values.tolist() for name, values in figures.items()},
        "confidence": [c.replace(NO_HISTORY, all_later) for c in figures["confidence"]],
        "reasons": reasons,
        "model_version": [version] * count,
        "as_of": [as_of.isoformat()] * count,
    }
    values = zip(*(columns[name] for name in ANSWER), strict=True)
    return [dict(zip(ANSWER, row, strict=True)) for row in values]
