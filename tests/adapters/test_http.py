"""A paged endpoint becomes transactions, through failures, stalls and pages that repeat."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from stages.adapters import sources
from stages.adapters.paths import CONF
from stages.adapters.sources import http
from stages.domain.contract import split
from stages.domain.errors import UserError

Answer = tuple[int, object]  # status and body; None: silence


class Server:
    """A local endpoint: `answer` says what a request by its query, its tries so far, gets."""

    def __init__(self, answer: Callable[[dict[str, str], int], Answer | None]) -> None:
        self.asked: list[dict[str, str]] = []
        self.headers: list[str | None] = []
        tries: Counter[str] = Counter()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                tries[self.path] += 1
                query = {k: v[0] for k, v in parse_qs(urlsplit(self.path).query).items()}
                server.asked.append(query)
                server.headers.append(self.headers.get("X-Key"))
                given = answer(query, tries[self.path])
                if given is None:
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(b'{"half')
                    self.wfile.flush()
                    time.sleep(1.5)
                    self.close_connection = True
                    return
                status, body = given
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "1")
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/tx"
        threading.Thread(target=self.http.serve_forever, args=[0.01], daemon=True).start()


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[dict[str, str], int], Answer | None]], Server]]:
    """Start servers; they end with the test."""
    servers: list[Server] = []

    def start(answer: Callable[[dict[str, str], int], Answer | None]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def record(number: int) -> dict:
    """A transaction as an endpoint might tell it."""
    return {
        "id": number,
        "customer": {"id": f"c{number % 3}", "name": "X"},
        "at": f"2024-01-{number + 1:02d}T10:00:00+01:00",
        "total": 12.10 + number,
    }


@cache
def composed() -> DictConfig:
    """The configuration group with nothing set."""
    with initialize_config_dir(str(CONF), version_base=None):
        group = compose("config", ["source=http"]).source
    OmegaConf.set_struct(group, False)
    return group


def source(server: Server, **settings) -> DictConfig:
    """The configuration group for that endpoint."""
    columns = {"customer_id": "customer.id", "booked_at": "at", "amount": "total"}
    quick = {
        "url": server.url,
        "timeout": 5,
        "retries": 3,
        "columns": {**columns, "transaction_id": "id"},
    }
    return OmegaConf.merge(composed(), quick, settings)


def loaded(group: DictConfig) -> pa.Table:
    """What ingest would accept."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return pa.concat_tables(split(d, now)[0] for d in http.transactions(group))


def by_page(query: dict[str, str], _tries: int = 1, size: int = 4, of: int = 10) -> Answer:
    """Ten records, four a page."""
    first = (int(query["page"]) - 1) * size
    return 200, [record(i) for i in range(first, min(first + size, of))]


def test_pages_by_number_until_one_is_empty(serve):
    server = serve(by_page)
    rows = loaded(source(server))
    assert [q["page"] for q in server.asked] == ["1", "2", "3", "4"]
    assert rows.num_rows == 10
    assert rows["customer_id"].to_pylist()[:3] == ["c0", "c1", "c2"]
    assert str(rows["amount"][1]) == "13.10"
    assert rows["booked_at"][0].as_py() == datetime(2024, 1, 1, 9, tzinfo=UTC)
    assert loaded(source(server)).num_rows == 10
    assert len(server.asked) == 4  # once a process


def test_pages_by_offset_with_the_records_inside_the_answer(serve):
    def answer(query: dict[str, str], _tries: int) -> Answer:
        first = int(query["offset"])
        return 200, {"data": {"items": [record(i) for i in range(first, min(first + 4, 10))]}}

    server = serve(answer)
    paging = {"by": "offset", "parameter": "offset", "first": 0}
    group = source(server, records="data.items", paging=paging, query={"country": "CZ"})
    group.url += "?shop=7"
    assert loaded(group).num_rows == 10
    assert [q["offset"] for q in server.asked] == ["0", "4", "8", "10"]
    assert {(q["country"], q["shop"]) for q in server.asked} == {("CZ", "7")}


def test_pages_by_the_link_to_the_next(serve):
    def answer(query: dict[str, str], _tries: int) -> Answer:
        number = int(query.get("cursor", 0))
        following = f"/tx?cursor={number + 1}" if number < 2 else None
        return 200, {"records": [record(number)], "next": following}

    server = serve(answer)
    group = source(server, records="records", paging={"by": "next", "next": "next"})
    assert loaded(group).num_rows == 3


def test_failures_that_pass_are_tried_again(serve):
    def answer(query: dict[str, str], tries: int) -> Answer | None:
        faults: list[Answer | None] = [(500, "no"), (429, "slower"), None]  # None stalls midway
        return faults[tries - 1] if query["page"] == "2" and tries <= 3 else by_page(query)

    server = serve(answer)
    assert loaded(source(server, timeout=0.5)).num_rows == 10
    assert [q["page"] for q in server.asked] == ["1", "2", "2", "2", "2", "3", "4"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((503, "no"), "the server answered 503"),
        (None, "does not come"),
        ((401, {"secret": "row"}), "the server answered 401"),
        ((302, "moved"), "the server answered 302"),
        ((200, "<html>"), "is no JSON"),
        ((200, {"data": []}), "there is no list of records"),
        ((200, []), "there are no records"),
        ((200, [1, 2]), "there are no records"),
        ((200, [{"who": 1}]), "source.columns.customer_id=customer.id: .* it has who"),
    ],
)
def test_an_endpoint_that_gives_no_records_is_one_clear_error(serve, answer, message, caplog):
    server = serve(lambda query, _: answer if query["page"] == "1" else (404, "past the end"))
    with pytest.raises(UserError, match=message) as error:
        loaded(source(server, retries=1, timeout=5 if answer else 0.5))
    assert "secret" not in str(error.value)
    assert "page=" not in caplog.text  # a query may hold a secret, or a customer's id


def test_a_page_that_comes_again_ends_it(serve):
    server = serve(lambda _query, _tries: (200, [record(1), record(2)]))
    with pytest.raises(UserError, match="page 2 repeats one before it"):
        loaded(source(server))


def test_more_pages_than_allowed_are_an_error_not_a_part(serve):
    with pytest.raises(UserError, match=r"more than source\.paging\.most=2 pages"):
        loaded(source(serve(by_page), paging={"most": 2}))


def test_a_404_after_the_first_page_is_the_end(serve):
    server = serve(lambda query, _: by_page(query) if query["page"] < "3" else (404, "gone"))
    assert loaded(source(server)).num_rows == 8


def test_headers_come_from_the_environment_and_never_leave_the_server(serve, monkeypatch):
    server = serve(by_page)
    group = source(server, headers={"X-Key": "SHOP_API_KEY"})
    with pytest.raises(UserError, match="set SHOP_API_KEY in the environment"):
        loaded(group)
    monkeypatch.setenv("SHOP_API_KEY", "s3cret")
    assert loaded(group).num_rows == 10
    assert set(server.headers) == {"s3cret"}
    assert "s3cret" not in OmegaConf.to_yaml(group)
    away = {"items": [record(1)], "next": "http://127.0.0.2:1/tx"}
    elsewhere = serve(lambda _query, _tries: (200, away))
    paging = {"by": "next", "next": "next"}
    with pytest.raises(UserError, match=r"on another server: 127\.0\.0\.2"):
        loaded(source(elsewhere, records="items", paging=paging))


def test_a_header_is_never_told_whatever_is_wrong_with_it(serve, monkeypatch):
    server = serve(by_page)
    group = source(server, headers={"X-Key": "SHOP_API_KEY"})
    monkeypatch.setenv("SHOP_API_KEY", "s3cret\n")  # as a mounted file ends
    assert loaded(group).num_rows == 10
    monkeypatch.setenv("SHOP_API_KEY", "s3cret\nX-More: 1")
    with pytest.raises(UserError, match="SHOP_API_KEY holds signs that no header may") as error:
        loaded(source(server, headers=group.headers, retries=2))  # fetched anew
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None


def test_an_address_that_is_none_is_one_clear_error(serve):
    with pytest.raises(UserError, match=r"source\.url=.* is no address"):
        loaded(source(serve(by_page), url="http://[::1"))


def test_what_the_answer_has_instead_is_counted_for_it_may_name_customers(serve):
    server = serve(lambda _query, _tries: (200, {"secret-customer-77": []}))
    with pytest.raises(UserError, match="no data in the answer, which has 1 other fields") as error:
        loaded(source(server, records="data"))
    assert "secret" not in str(error.value)


def test_of_fields_within_fields_only_the_outermost_is_told(serve):
    only = [record(1) | {"balances": {"CZ6508": 1}}]
    server = serve(lambda query, _tries: (200, only if query["page"] == "1" else []))
    with pytest.raises(UserError, match="no such column; it has at, balances, customer, ") as error:
        loaded(source(server, columns={"amount": "sum"}))
    assert "CZ6508" not in str(error.value)


def test_what_a_query_holds_is_not_told(serve):
    server = serve(lambda _query, _tries: (200, []))
    with pytest.raises(UserError, match="there are no records") as error:
        loaded(source(server, url=f"{server.url}?key=s3cret"))
    assert "s3cret" not in str(error.value)


def test_a_record_with_half_a_sign_is_refused_alone(serve):
    body = json.dumps([{**record(1), "id": "\ud800"}, record(2)])
    server = serve(lambda query, _: (200, body if query["page"] == "1" else []))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    parts = [split(draft, now) for draft in http.transactions(source(server))]
    assert sum(good.num_rows for good, _ in parts) == 1
    assert [r for _, bad in parts for r in bad["reason"].to_pylist()] == [
        "a text of the record is no Unicode"
    ]


def test_the_same_pages_are_the_same_source_and_a_new_record_is_not(serve):
    grown = []

    def answer(query: dict[str, str], _tries: int) -> Answer:
        return by_page(query, of=10 + len(grown))

    group = source(serve(answer))
    marks = []
    for step in ("first", "again", "grown"):
        if step == "grown":
            grown.append(1)
        http._fetched.cache_clear()
        marks.append(sources.fingerprint(http, group))
    assert marks[0] == marks[1] != marks[2]


def test_a_record_that_is_none_is_refused_by_page_and_place(serve):
    server = serve(lambda query, _: (200, [record(1), "?"] if query["page"] == "1" else []))
    (draft,) = [d for d in http.transactions(source(server)) if d["problem"].null_count < 1]
    assert draft.select(["file", "line", "problem"]).to_pylist() == [
        {"file": "page 1", "line": 2, "problem": "the record is no object"}
    ]


def test_one_page_is_all_there_is_where_only_one_is_asked_for(serve):
    server = serve(lambda query, _tries: (200, [record(i) for i in range(4)]))
    assert loaded(source(server, paging={"most": 1})).num_rows == 4
    server = serve(lambda query, _tries: (200, [record(i) for i in range(4)]))
    assert loaded(source(server, paging={"by": "next"})).num_rows == 4


def test_as_many_pages_as_are_allowed_are_no_error(serve):
    assert loaded(source(serve(by_page), paging={"most": 3})).num_rows == 10
    with pytest.raises(UserError, match=r"more than source.paging.most=2 pages"):
        loaded(source(serve(by_page), paging={"most": 2}))


def test_a_next_page_without_an_address_is_said(serve):
    server = serve(lambda query, _tries: (200, {"rows": [record(1)], "next": {"page": 2}}))
    with pytest.raises(UserError, match=r"source.paging.next=next: there is no address"):
        loaded(source(server, records="rows", paging={"by": "next", "next": "next"}))
