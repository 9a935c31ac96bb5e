"""What /docs shows: examples of what is sent and answered."""

from typing import Any

from fastapi import Security
from fastapi.security import APIKeyHeader

from stages.serving.settings import Settings

SENT = {
    "dataframe_records": [
        {"customer_id": "anna", "booked_at": "2017-12-20T10:00:00Z", "amount": 62.40},
        {"customer_id": "anna", "booked_at": "2017-12-27T11:00:00+01:00", "amount": 48.10},
        {"customer_id": "ben", "booked_at": "2017-06-02", "amount": -15.0},
    ],
    "params": {"as_of": "2018-01-02"},
}
SCORED = {
    "customer_id": "anna",
    "expected_spend": 659.34,
    "low": 304.78,
    "high": 1044.98,
    "percentile": 75.98,
    "tier": "Middle",
    "momentum": "steady",
    "segment": "Middle · steady",
    "style": "Fewer discounts · fewer promotions",
    "confidence": "normal",
    "model_version": "1",
    "as_of": "2018-01-02",
}
REASONS = ["spend raises it by 66%: spend of the last 90 days: 618.9, typically 289.4"]
REFUSED = {
    "error_code": "INVALID_PARAMETER_VALUE",
    "message": "refused: amount: numbers are expected",
}


def _answers(good: Any, *refused: int) -> dict[int | str, dict[str, Any]]:
    """An example of the answer, and of what is told under the other status codes."""
    told = dict.fromkeys(refused, REFUSED)
    return {
        status: {"description": "", "content": {"application/json": {"example": example}}}
        for status, example in {200: good, **told}.items()
    }


INVOCATIONS: dict[str, Any] = {
    "responses": _answers({"predictions": [SCORED | {"reasons": REASONS}]}, 400, 413, 415, 429),
    "openapi_extra": {"requestBody": {"content": {"application/json": {"example": SENT}}}},
}
CUSTOMER: dict[str, Any] = {"responses": _answers(SCORED | {"data_version": "c0ffee"}, 404)}
SEGMENTS: dict[str, Any] = {"responses": _answers({"segments": [], "styles": []}, 404)}


def key(settings: Settings) -> list[Any]:
    """What lets /docs ask for the key where one is needed; Guard is who checks it."""
    return [Security(APIKeyHeader(name="X-API-Key", auto_error=False))] if settings.api_key else []
