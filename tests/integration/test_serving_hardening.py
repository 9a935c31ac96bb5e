"""Whatever is sent, the endpoint says what is wrong, echoes nothing, and goes on answering.

`make drill` sends a hundred times as much (--full).
"""

import json
import random
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.endpoint import JSON, Endpoint, row
from tests.integration.project import Project

SECRET = "s3cret-7f3a9c"  # in every row that is sent: it must not come back
MOST = 200_000  # bytes of a body
KEY = "key-of-the-test"


@pytest.fixture(scope="module")
def endpoint(project: Project) -> Iterator[Endpoint]:
    settings = {"most_bytes": str(MOST), "seconds": "3", "rate": "0"}
    with Endpoint.serving(project, **settings) as endpoint:
        yield endpoint


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    return 100 if request.config.getoption("--full", default=False) else 1


def good(endpoint: Endpoint) -> bool:
    return endpoint.score([row()])[0] == 200


def odd(draw: random.Random) -> object:
    """A value that may stand anywhere in JSON."""
    return draw.choice(
        [
            *(None, True, -1, 0, 1e308, -1e-320, 10**30, "", SECRET, "2017-01-01", "NaN", "💶\x00"),
            *("2017-12-20T10:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", [], {}, [[SECRET]]),
            {SECRET: SECRET},
            "x" * 2000,
        ]
    )


def garbage(draw: random.Random) -> tuple[bytes, dict[str, str]]:
    """A body and its headers: a good request with something changed, or nothing of the kind."""
    records = [row(customer_id=SECRET, transaction_id=str(i)) for i in range(draw.randint(0, 3))]
    content: object = {draw.choice(["dataframe_records", "instances", "inputs"]): records}
    for _ in range(draw.randint(0, 3)):
        if records:
            name = draw.choice(["customer_id", "booked_at", "amount", "kind", "discount", SECRET])
            draw.choice(records)[name] = odd(draw)
    if draw.random() < 0.2 and isinstance(content, dict):
        content["params"] = draw.choice([odd(draw), {"as_of": odd(draw)}, {SECRET: odd(draw)}])
    if draw.random() < 0.2:
        columns = list(row())
        split = {"columns": columns, "data": [[odd(draw) for _ in columns]], "index": [0]}
        content = {"dataframe_split": draw.choice([split, odd(draw), {"data": odd(draw)}])}
    if draw.random() < 0.1:
        content = odd(draw)
    body = json.dumps(content, ensure_ascii=draw.random() < 0.5).encode()
    if draw.random() < 0.2:
        at = draw.randrange(len(body) + 1)
        body = body[:at] + draw.randbytes(draw.randint(0, 5)) + body[at + draw.randint(0, 9) :]
    kinds = ["text/csv", "application/vnd.apache.parquet", "text/plain", "application/json; x=1"]
    kind = draw.choice(kinds) if draw.random() < 0.2 else "application/json"
    return body, {} if draw.random() < 0.02 else {"Content-Type": kind}


def test_garbage_is_told_what_is_wrong_and_nothing_of_it_comes_back(endpoint, times):
    draw, connection = random.Random(7), endpoint.connection()
    statuses = []
    for _ in range(1000 if times == 1 else 10_000):
        body, headers = garbage(draw)
        connection.request("POST", "/invocations", body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        statuses.append(answer.status)
        assert answer.status in (200, 400, 415), (answer.status, body)
        if answer.status != 200:
            assert json.loads(text)["message"]
            assert not any(said in text for said in (SECRET, "62.4", "Traceback", ".py"))
    connection.close()
    assert {200, 400, 415} == set(statuses)
    assert good(endpoint)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/invocations", 404),
        ("DELETE", "/customers/1", 404),
        ("POST", "/segments", 404),
        ("GET", f"/{SECRET}", 404),
        ("GET", "/customers/%00%ff", 404),
        ("GET", "/customers/" + "x" * 5000, 404),
        ("GET", "/customers/..%2f..%2fetc%2fpasswd", 404),
        ("BREW", "/invocations", 400),
    ],
)
def test_another_method_or_place_is_no_error_of_ours(endpoint, method, path, status):
    found, _, body = endpoint.raw(method, path)
    assert found == status
    assert SECRET.encode() not in body


def test_a_small_body_of_very_many_rows_is_refused_before_it_is_read(endpoint):
    rows = pa.table({name: pa.repeat(value, MOST) for name, value in row().items()})
    pq.write_table(rows, body := pa.BufferOutputStream())
    sent = body.getvalue().to_pybytes()
    assert len(sent) < MOST
    kind = {"Content-Type": "application/vnd.apache.parquet"}
    status, _, answer = endpoint.raw("POST", "/invocations", sent, kind)
    assert status == 400
    assert b"refused: too many rows" in answer
    assert good(endpoint)


def test_a_body_that_is_too_large_is_refused_whether_announced_or_not(endpoint):
    def pieces() -> Iterator[bytes]:
        for _ in range(200):
            yield b" " * 8192

    announced = endpoint.raw("POST", "/invocations", b" " * (MOST + 1), JSON)
    assert announced[0] == 413
    assert b"send fewer customers" in announced[2]
    with endpoint.socket() as bare:
        bare.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        try:
            for piece in pieces():
                bare.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it did not listen to the end
        assert b" 413 " in bare.recv(1000)
    assert good(endpoint)


def test_a_chunked_body_that_is_small_enough_is_answered(endpoint):
    body = json.dumps({"dataframe_records": [row()]}).encode()
    status, _, answer = endpoint.raw("POST", "/invocations", iter([body[:20], body[20:]]), JSON)
    assert (status, b"predictions" in answer) == (200, True)


def test_a_client_that_never_ends_its_request_is_sent_away_and_holds_up_nobody(endpoint):
    waiting = [endpoint.socket() for _ in range(20)]
    for client in waiting[:10]:
        client.sendall(b"POST /invocations HTTP/1.1\r\nHost: loc")
    for client in waiting[10:]:
        client.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n"
            b"Content-Type: application/json\r\n\r\n{"
        )
    assert good(endpoint)
    for client in waiting[:10]:
        assert client.recv(1000) == b""
    for client in waiting[10:]:
        assert b" 408 " in client.recv(1000)
    for client in waiting:
        client.close()


def test_a_client_that_hangs_up_is_forgotten(endpoint):
    for _ in range(50):
        client = endpoint.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(
            b"POST /invocations HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        )
        client.close()
    assert good(endpoint)


def test_a_web_page_may_not_ask_under_a_name_of_its_own(endpoint):
    assert endpoint.ask("GET", "/customers/1", Host="evil.example")[0] == 403
    assert endpoint.ask("POST", "/reload", Origin="http://evil.example")[0] == 403
    assert endpoint.ask("POST", "/reload", Origin="null")[0] == 403
    assert endpoint.ask("POST", "/reload", Origin="http://localhost:8501")[0] == 200


def test_memory_stays_flat(endpoint, times):
    server = next(
        p
        for p in psutil.Process(endpoint.process.pid).children(recursive=True)
        if "stages.serve" in p.cmdline()
    )
    body = json.dumps({"dataframe_records": [row(booked_at="2017-05-05")] * 5})

    def ask(requests: int) -> None:
        connection = endpoint.connection()
        for _ in range(requests):
            connection.request("POST", "/invocations", body, JSON)
            answer = connection.getresponse()
            assert (answer.status, bool(answer.read())) == (200, True)
        connection.close()

    def ask_all(requests: int) -> float:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, [requests // 4] * 4))
        return server.memory_info().rss / 2**20

    before = ask_all(500)
    after = ask_all(1000 * times)
    assert after - before < 20, f"{before:.0f} MB, then {after:.0f} MB"


def test_whoever_is_not_on_this_machine_needs_the_key(project):
    with Endpoint.serving(project, api_key=KEY, rate="3", poll="30") as endpoint:
        assert endpoint.ask("GET", "/ping")[0] == 200
        assert endpoint.ask("GET", "/customers/1")[0] == 401
        assert endpoint.ask("GET", "/customers/1", **{"X-API-Key": "another"})[0] == 401
        assert endpoint.ask("GET", "/customers/1", **{"X-API-Key": KEY})[0] == 200
        bearer = {"Authorization": f"Bearer {KEY}"}
        assert endpoint.ask("GET", "/customers/1", **bearer)[0] == 200
        assert endpoint.ask("GET", "/customers/1", Authorization=f"bearer {KEY}")[0] == 200
        assert endpoint.ask("GET", "/customers/1", Authorization=KEY)[0] == 401
        statuses = [endpoint.raw("GET", "/segments", headers=bearer) for _ in range(20)]
        refused = [headers for status, headers, _ in statuses if status == 429]
        assert refused
        assert int(refused[0]["retry-after"]) >= 1
        assert endpoint.ask("GET", "/health")[0] == 200
        assert endpoint.ask("GET", "/metrics")[0] == 200  # as Prometheus asks
    with Endpoint.serving(project, api_key=KEY, rate="3", poll="30") as endpoint:
        guesses = {endpoint.raw("GET", "/segments")[0] for _ in range(20)}
        assert guesses == {401, 429}
        assert endpoint.ask("GET", "/customers/1", **{"X-API-Key": KEY})[0] == 200


def test_without_a_key_it_does_not_open_to_others(project):
    said = project.run("env", "SERVE_HOST=0.0.0.0", "python", "-m", "stages.serve", status=1)
    assert "set SERVE_API_KEY" in said


def test_where_no_champion_is_or_the_port_is_taken_it_ends_with_one_line(
    project, endpoint, tmp_path
):
    def said(*settings: str) -> str:
        serve = ("env", *settings, "python", "-m", "stages.serve")
        (line,) = project.run(*serve, status=1).splitlines()
        return line

    empty = f"MLFLOW_TRACKING_URI=sqlite:///{tmp_path}/empty.db"
    assert "there is no champion to serve" in said(empty, "SERVE_WORKERS=2")
    taken = f"port {endpoint.port} is taken: `make serve SERVE_PORT={endpoint.port + 1}`"
    assert taken in said(f"SERVE_PORT={endpoint.port}")


def test_several_processes_answer_and_their_counts_are_added_up(project):
    with Endpoint.serving(project, workers="2") as endpoint:
        for _ in range(40):
            assert good(endpoint)
        started = psutil.Process(endpoint.process.pid).children(recursive=True)
        assert sum("--multiprocessing-fork" in process.cmdline() for process in started) == 2
        text = endpoint.raw("GET", "/metrics")[2].decode()
        assert 'purchasing_invocations_total{by="fast"} 40.0' in text
