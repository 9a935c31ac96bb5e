"""POST /invocations: the quick way where the request is plain JSON, else MLflow's own.

Both ask the same model, so the answer is the same to the byte. What MLflow refuses is told
in our words: its own may hold the caller's rows or a traceback.
"""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any

import orjson
from mlflow.pyfunc import scoring_server
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from stages.domain.errors import UserError
from stages.domain.tables import OPTIONAL, REQUIRED
from stages.serving import parquet
from stages.serving.champion import Served
from stages.serving.guard import refusal
from stages.serving.request import REFUSED, RefusedError
from stages.serving.settings import Settings

JSON = "application/json"
LARGE = 64 * 1024  # bytes of a body, and
MANY = 20  # customers in one, that are answered in a thread, so that others need not wait
READ = (*REQUIRED, *OPTIONAL)
FORMS = ("dataframe_records", "dataframe_split", "instances", "inputs")
KEYS = f"a body has one of {', '.join(FORMS)}, perhaps params, and nothing else"
PARAMS = 'params may hold "as_of" and nothing else'
FORM = (
    f"{REFUSED}send {JSON} or Parquet with the columns {', '.join(REQUIRED)} and perhaps "
    f"{', '.join(OPTIONAL)}; amount and discount are numbers, all others texts"
)


async def read(request: Request, most: int, seconds: float) -> bytes | Response:
    """The body of a request, or the refusal of one that is too large or too slow.

    It is counted as it comes: what the headers announce may be wrong or absent.
    """
    too_large = f"a body may have {most:,} bytes; send fewer customers at a time"
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > most:
        return refusal(413, "REQUEST_TOO_LARGE", too_large)
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    return refusal(413, "REQUEST_TOO_LARGE", too_large)
                parts.append(part)
    except TimeoutError:
        return refusal(408, "REQUEST_TIMEOUT", "the body did not come in time")
    except ClientDisconnect:
        return refusal(400, "CANCELLED", "nobody is there any more")
    return b"".join(parts)


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is JSON's, as MLflow takes it."""
    plain = content_type.lower().replace(" ", "").replace('"', "")
    return plain in (JSON, f"{JSON};charset=utf-8")


async def plain(served: Served, body: bytes) -> Response | str:
    """The answer to plain JSON; or why it is not plain, and MLflow's app has to decide."""
    try:
        if len(body) > LARGE:
            content = await asyncio.to_thread(lambda: _answered(served, *columns_of(body)))
        else:
            columns, as_of = columns_of(body)
            if len(set(map(str, columns.get("customer_id", ())))) > MANY:
                content = await asyncio.to_thread(_answered, served, columns, as_of)
            else:
                content = _answered(served, columns, as_of)
    except UserError as error:
        return str(error)
    return Response(content, media_type=JSON)


def _answered(served: Served, columns: dict[str, Sequence[Any]], as_of: str | None) -> bytes:
    return json.dumps({"predictions": served.model.answer(columns, as_of)}).encode()


def columns_of(body: bytes) -> tuple[dict[str, Sequence[Any]], str | None]:
    """The columns of plain records, and `as_of`; RefusedError where they are not plain."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError(f"the body is no JSON (at character {error.pos})") from error
    if not isinstance(content, dict) or not content.keys() <= {"dataframe_records", "params"}:
        raise RefusedError('send {"dataframe_records": [transactions]} and perhaps "params"')
    records, params = content.get("dataframe_records"), content.get("params") or {}
    if not isinstance(records, list) or not set(map(type, records)) <= {dict}:
        raise RefusedError("dataframe_records must be a list of transactions")
    if not isinstance(params, dict) or not params.keys() <= {"as_of"}:
        raise RefusedError(PARAMS)
    as_of = params.get("as_of")
    if not isinstance(as_of, str | None):
        raise RefusedError("params.as_of: give a date as YYYY-MM-DD")
    if not records:
        raise RefusedError("there is no transaction")
    return _columns(records), as_of


def _columns(records: Sequence[dict[str, Any]]) -> dict[str, Sequence[Any]]:
    first = tuple(records[0])
    if len(first) > 1 and set(map(len, records)) == {len(first)}:
        with suppress(KeyError):  # most often all have the same names
            values = zip(*map(itemgetter(*first), records), strict=True)
            columns = dict(zip(first, values, strict=True))
            return {name: columns[name] for name in READ if name in columns}
    names = set().union(*records)
    return {name: [r.get(name) for r in records] for name in READ if name in names}


async def by_mlflow(
    served: Served, kind: str, body: bytes, why: str, settings: Settings
) -> Response:
    """What MLflow's app answers to a body of this `kind`; `why` is told where it has no answer."""
    try:
        async with asyncio.timeout(settings.seconds):
            found = await asyncio.to_thread(_asked, served, kind, body, settings.most_bytes)
    except TimeoutError:
        return refusal(504, "DEADLINE_EXCEEDED", f"no answer within {settings.seconds:g} seconds")
    except UserError as error:
        return refusal(400, "INVALID_PARAMETER_VALUE", str(error))
    except Exception as error:  # its words are told where they are the model's own
        said = str(getattr(error, "message", ""))
        own = said if said.startswith(REFUSED) else why
        return refusal(400, "INVALID_PARAMETER_VALUE", own)
    if found.status != 200:
        return refusal(found.status, "INVALID_PARAMETER_VALUE", why)
    return Response(found.response, media_type=found.mimetype)


def _asked(served: Served, kind: str, body: bytes, most: int) -> scoring_server.InvocationsResponse:
    """What MLflow's app answers; RefusedError for what it would leave out without a word."""
    if kind.split(";")[0].strip() == scoring_server.CONTENT_TYPE_PARQUET:  # as MLflow decides
        parquet.check(body, most)
    if is_json(kind):
        kind = JSON  # however it was written
        _check_keys(body)
    schema = served.loaded.metadata.get_input_schema()
    return scoring_server.invocations(body, kind, served.loaded, schema)


def _check_keys(body: bytes) -> None:
    """RefusedError for a key that nobody reads; what else is wrong MLflow's app has to say."""
    with suppress(ValueError):
        content = json.loads(body)  # as MLflow reads it: NaN is a number
        if not isinstance(content, dict):
            return
        if not content.keys() <= {*FORMS, "params"}:
            raise RefusedError(KEYS)
        params = content.get("params")
        if isinstance(params, dict) and not params.keys() <= {"as_of"}:
            raise RefusedError(PARAMS)
