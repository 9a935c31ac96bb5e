"""A cluster that asks for a password and for certificates: who gets in, and what the others read.

One node with all of it switched on, and the session's node, which asks for nothing.
"""

import ipaddress
import json
import socket
import socketserver
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from omegaconf import DictConfig, OmegaConf

from stages.adapters.local import node
from stages.adapters.local.node import Address
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.paths import CONF
from stages.adapters.store import keyspace, read, summary, write
from stages.adapters.store.session import connect
from stages.domain.errors import UserError
from stages.domain.tables import TRANSACTIONS
from tests.integration.project import Project
from tests.integration.served import served

USER, PASSWORD = "cassandra", "cassandra"  # the superuser of a fresh node
WRONG = "hunter2-not-the-password"
TOKEN = "AstraCS:a-token-of-the-test"
STORE_PASSWORD = "keystore"
ENVIRONMENT = (
    "CASSANDRA_CONTACT_POINTS",
    "CASSANDRA_USERNAME",
    "CASSANDRA_PASSWORD",
    "ASTRA_DB_SECURE_BUNDLE",
    "ASTRA_DB_TOKEN",
)


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, signed by itself or by another."""

    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, name: str, by: "Signed | None" = None) -> "Signed":
        """A certificate for `name` and for 127.0.0.1; without `by`, an authority of its own."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .sign(by.key if by else key, hashes.SHA256())
        )
        return cls(name, key, certificate)

    def pem(self, folder: Path) -> tuple[Path, Path]:
        """Files of the certificate and of its key."""
        certificate, key = folder / f"{self.name}.crt", folder / f"{self.name}.key"
        certificate.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        key.write_bytes(
            self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return certificate, key

    def keystore(self, path: Path) -> dict[str, str]:
        """A PKCS12 file of the certificate and its key, and its options for cassandra.yaml."""
        secret = serialization.BestAvailableEncryption(STORE_PASSWORD.encode())
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                self.name.encode(), self.key, self.certificate, None, secret
            )
        )
        return {"keystore": str(path), "keystore_password": STORE_PASSWORD}

    def truststore(self, path: Path) -> dict[str, str]:
        """A PKCS12 file that Java trusts this certificate by, and its options."""
        secret = serialization.BestAvailableEncryption(STORE_PASSWORD.encode())
        trusted = pkcs12.PKCS12Certificate(self.certificate, self.name.encode())
        path.write_bytes(pkcs12.serialize_java_truststore([trusted], secret))
        return {"truststore": str(path), "truststore_password": STORE_PASSWORD}


@dataclass(frozen=True)
class Guarded:
    """A node that asks for a password and a client's certificate, and the files to get in."""

    address: Address
    folder: Path
    ca: Path
    certificate: Path
    key: Path
    other_ca: Path  # that signed nothing here
    stranger: tuple[Path, Path]  # certificate and key signed by it

    def store(self, **changes: Any) -> DictConfig:
        """conf/store/cluster.yaml filled in for this node, with `changes`."""
        files = {"ca": self.ca, "certificate": self.certificate, "key": self.key}
        found = conf("cluster")
        found.contact_points = [str(self.address)]
        found.replication.replication_factor = 1
        found.tls.update({name: str(path) for name, path in files.items()})
        for key, value in changes.items():
            OmegaConf.update(found, key.replace("__", "."), value)
        return found


def conf(kind: str) -> DictConfig:
    """A file of conf/store as it is."""
    whole = OmegaConf.create({"source": {"name": "clusters"}})
    whole.store = OmegaConf.load(CONF / "store" / f"{kind}.yaml")
    OmegaConf.resolve(whole)
    return whole.store


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("guarded")
    ca, other = Signed.make("ca"), Signed.make("other")
    client = Signed.make("client", ca).pem(folder)
    encryption = {
        "enabled": True,
        "optional": False,
        "require_client_auth": True,
        "store_type": "PKCS12",
        **Signed.make("node", ca).keystore(folder / "keystore.p12"),
        **ca.truststore(folder / "truststore.p12"),
    }
    config = NodeConfig(
        folder / "node",
        heap="512m",
        extra={
            "authenticator": "PasswordAuthenticator",
            "authorizer": "CassandraAuthorizer",
            "client_encryption_options": encryption,
        },
    )
    try:
        yield Guarded(
            node.up(config),
            folder,
            ca.pem(folder)[0],
            *client,
            other.pem(folder)[0],
            Signed.make("stranger", other).pem(folder),
        )
    finally:
        node.down(config.folder)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Nothing of the tester's own; a way to set what a test needs."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch.setenv


@pytest.fixture
def superuser(environment: Callable) -> None:
    environment("CASSANDRA_USERNAME", USER)
    environment("CASSANDRA_PASSWORD", PASSWORD)


def refused(store: DictConfig) -> str:
    """The one line that the user reads who cannot get in."""
    with pytest.raises(UserError) as error, connect(store):
        pass
    assert "\n" not in str(error.value)
    assert WRONG not in str(error.value)
    return str(error.value)


ROWS = pa.Table.from_pylist(
    [
        {
            "customer_id": customer,
            "booked_at": datetime(2017, 1, day, tzinfo=UTC),
            "transaction_id": "t",
            "amount": Decimal(amount),
            "kind": "purchase",
            "discount": Decimal("0.00"),
        }
        for customer, day, amount in (("a", 1, "10.50"), ("a", 2, "-3.25"), ("b", 1, "0.01"))
    ],
    TRANSACTIONS.schema,
)


def there_and_back(store: DictConfig, folder: Path) -> pa.Table:
    """ROWS as they come back from the cluster that they were written to."""
    name, shards = store.keyspace, store.shards
    with connect(store) as opened:
        keyspace.ensure(opened, name, shards, dict(store.replication))
        write.write_transactions(opened, name, ROWS, shards, lambda rows: None)
        paths = [folder / f"{n}.parquet" for n in range(len(summary.partitions(opened, name)))]
        by_partition = dict(zip(summary.partitions(opened, name), paths, strict=True))
        list(read.extract(opened, name, list(by_partition), shards, by_partition.__getitem__))
    rows = pa.concat_tables(pq.read_table(path) for path in paths)
    return rows.sort_by([("customer_id", "ascending"), ("booked_at", "ascending")])


# Who gets in


@pytest.mark.usefixtures("superuser")
def test_rows_go_there_and_back_with_password_and_certificates(guarded, tmp_path):
    assert there_and_back(guarded.store(), tmp_path).equals(ROWS)


@pytest.mark.usefixtures("superuser")
def test_the_datacenter_and_the_consistency_of_conf_are_used(guarded):
    store = guarded.store(datacenter="datacenter1", consistency="EACH_QUORUM")
    with connect(store) as opened:
        found = opened.execute("SELECT data_center FROM system.local", trace=True)
        assert found.one().data_center == "datacenter1"
        assert found.get_query_trace().parameters["consistency_level"] == "EACH_QUORUM"


@pytest.mark.usefixtures("superuser")
@pytest.mark.parametrize(("level", "serial"), [("LOCAL_QUORUM", "LOCAL_SERIAL"), ("ONE", "SERIAL")])
def test_what_is_written_only_if_absent_asks_no_farther_than_the_rest(guarded, level, serial):
    with connect(guarded.store(consistency=level)) as opened:
        profile = opened.get_execution_profile(EXEC_PROFILE_DEFAULT)
        assert ConsistencyLevel.value_to_name[profile.serial_consistency_level] == serial


@pytest.mark.usefixtures("superuser")
def test_the_keyspace_is_replicated_in_the_datacenters_of_conf(guarded):
    replication = {"class": "NetworkTopologyStrategy", "datacenter1": 1}
    store = guarded.store(keyspace="by_datacenter")
    store.replication = replication
    with connect(store) as opened:
        keyspace.ensure(opened, store.keyspace, store.shards, dict(store.replication))
        made = opened.execute(
            "SELECT replication FROM system_schema.keyspaces WHERE keyspace_name = %s",
            [store.keyspace],
        ).one()
    assert made.replication["datacenter1"] == "1"


def test_contact_points_of_the_environment_come_before_conf(cassandra, environment):
    environment("CASSANDRA_CONTACT_POINTS", str(cassandra))
    elsewhere = conf("cluster")
    elsewhere.contact_points = ["127.0.0.1:1"]
    elsewhere.tls.enabled = False
    for store in (elsewhere, conf("local"), conf("astra")):
        with connect(store) as opened:
            assert opened.execute("SELECT release_version FROM system.local").one()


def test_a_cluster_that_speaks_only_protocol_4_gets_all_the_same_rows(cassandra, tmp_path):
    with relay(cassandra, newest=4) as address:
        store = conf("cluster")
        store.contact_points, store.tls.enabled = [str(address)], False
        store.replication.replication_factor = 1
        store.keyspace = "protocol_4"
        with connect(store) as opened:
            assert opened.cluster.protocol_version == 4
        assert there_and_back(store, tmp_path).equals(ROWS)


# Who does not


def test_no_node_answers():
    store = conf("cluster")
    store.contact_points = ["127.0.0.1:1"]
    assert "no Cassandra node answers at 127.0.0.1:1: start it" in refused(store)


def test_a_host_that_is_not_known():
    store = conf("cluster")
    store.contact_points = ["nonesuch.invalid"]
    assert "no host is known by the name nonesuch.invalid" in refused(store)


def test_a_wrong_password(guarded, environment):
    environment("CASSANDRA_USERNAME", USER)
    environment("CASSANDRA_PASSWORD", WRONG)
    assert refused(guarded.store()) == (
        "the cluster refuses the user or the password: correct CASSANDRA_USERNAME and"
        " CASSANDRA_PASSWORD"
    )


def test_no_password_where_the_cluster_asks_for_one(guarded):
    assert "asks for a user and a password: set CASSANDRA_USERNAME" in refused(guarded.store())


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ("CASSANDRA_USERNAME", "CASSANDRA_PASSWORD is not set"),
        ("CASSANDRA_PASSWORD", "CASSANDRA_USERNAME is not set"),
    ],
)
def test_half_of_user_and_password(guarded, environment, given, lacking):
    environment(given, WRONG)
    assert lacking in refused(guarded.store())


@pytest.mark.usefixtures("superuser")
def test_a_wrong_ca(guarded):
    said = refused(guarded.store(tls__ca=str(guarded.other_ca)))
    assert "has a certificate that store.tls.ca does not vouch for" in said


@pytest.mark.usefixtures("superuser")
def test_a_node_under_another_address_than_its_certificate_names(guarded, tmp_path):
    with relay(guarded.address, host="127.0.0.2") as address:
        store = guarded.store(contact_points=[str(address)])
        assert "has a certificate for other names than 127.0.0.2" in refused(store)
        store.tls.check_hostname = False
        with connect(store) as opened:
            assert opened.execute("SELECT release_version FROM system.local").one()


@pytest.mark.usefixtures("superuser")
def test_tls_that_is_expected_but_not_configured(guarded):
    said = refused(guarded.store(tls__enabled=False))
    assert said == (
        f"the Cassandra node at {guarded.address} expects TLS: set store.tls.enabled=true"
    )


def test_tls_that_is_configured_but_not_spoken(guarded, cassandra):
    said = refused(guarded.store(contact_points=[str(cassandra)]))
    assert f"the Cassandra node at {cassandra} speaks without TLS" in said


@pytest.mark.usefixtures("superuser")
@pytest.mark.parametrize("whose", ["nobody's", "a stranger's"])
def test_a_client_certificate_that_the_cluster_does_not_trust(guarded, whose):
    certificate, key = guarded.stranger if whose == "a stranger's" else (None, None)
    store = guarded.store(
        tls__certificate=certificate and str(certificate), tls__key=key and str(key)
    )
    assert "does not accept our client certificate" in refused(store)


@pytest.mark.parametrize("name", ["ca", "certificate", "key"])
def test_a_file_of_tls_that_is_not_there(guarded, name):
    store = guarded.store(**{f"tls__{name}": "no/such.pem"})
    assert refused(store) == f"store.tls.{name}=no/such.pem: no such file"


def test_files_of_tls_that_are_something_else(guarded, tmp_path):
    other = tmp_path / "other.pem"
    other.write_text("no certificate")
    assert "holds no certificate in PEM" in refused(guarded.store(tls__ca=str(other)))
    store = guarded.store(tls__key=str(guarded.stranger[1]))
    assert "give a certificate and its own key in PEM" in refused(store)


@pytest.mark.usefixtures("superuser")
def test_no_such_datacenter(guarded):
    said = refused(guarded.store(datacenter="atlantis"))
    assert said == (
        "store.datacenter names the datacenter atlantis, which the cluster does not have:"
        " it has datacenter1"
    )
    store = guarded.store()
    store.replication = {"class": "NetworkTopologyStrategy", "atlantis": 3}
    assert "store.replication names the datacenter atlantis" in refused(store)


@pytest.mark.parametrize("name", ["SOME", "local_quorum", "ANY", "SERIAL"])
def test_an_unknown_consistency_level(guarded, name):
    assert f"store.consistency={name}: give one of ONE, TWO" in refused(
        guarded.store(consistency=name)
    )


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ([], "store.contact_points is empty"),
        (["a:1", "b:2"], "names several ports"),
        (["a:port"], "give host or host:port"),
        (["a,,b"], "give host or host:port"),
        ([f"user:{WRONG}@a"], "give host or host:port"),
        (
            "nonesuch.invalid",
            "no host is known by the name nonesuch.invalid",
        ),  # one, not its letters
    ],
)
def test_contact_points_that_are_none(environment, points, said):
    store = conf("cluster")
    store.contact_points = points
    if points == ["a,,b"]:
        environment("CASSANDRA_CONTACT_POINTS", points[0])
    assert said in refused(store)


@pytest.mark.usefixtures("superuser")
def test_a_user_who_may_not_make_the_keyspace(guarded, environment):
    with connect(guarded.store()) as opened:
        opened.execute("CREATE ROLE IF NOT EXISTS guest WITH PASSWORD = 'guest' AND LOGIN = true")
    environment("CASSANDRA_USERNAME", "guest")
    environment("CASSANDRA_PASSWORD", "guest")
    store = guarded.store(keyspace="forbidden")
    with (
        pytest.raises(UserError, match="does not let this user work in keyspace forbidden: grant"),
        connect(store) as opened,
    ):
        keyspace.ensure(opened, store.keyspace, store.shards, dict(store.replication))


def test_a_stage_that_is_refused_says_one_line_without_the_secret_and_fails(guarded, tmp_path):
    project = Project.copy(tmp_path, guarded.address)
    project.environment.update(CASSANDRA_USERNAME=USER, CASSANDRA_PASSWORD=WRONG)
    store = guarded.store()
    tls = [f"store.tls.{name}={store.tls[name]}" for name in ("ca", "certificate", "key")]
    project.stage("params", "store=cluster", f"store.contact_points=['{guarded.address}']", *tls)
    said = project.stage("extract", status=1)
    assert len(said.splitlines()) == 1
    assert "the cluster refuses the user or the password" in said
    written = [said, *(p.read_text() for p in (project.root / "logs").iterdir())]
    written.append((project.root / "params.yaml").read_text())
    assert not any(WRONG in text for text in written)


# Astra: what can be had without it. The bundle leads to a server of our own that says, as Astra's
# does, where the nodes are: the node above, behind the same TLS.


@pytest.fixture
def bundle(guarded: Guarded, environment: Callable, tmp_path: Path) -> Iterator[Path]:
    with metadata_service(guarded) as port:
        path = tmp_path / "secure-connect.zip"
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("config.json", json.dumps({"host": "127.0.0.1", "port": port}))
            for name, source in zip(
                ("ca.crt", "cert", "key"),
                (guarded.ca, guarded.certificate, guarded.key),
                strict=True,
            ):
                file.write(source, name)
        environment("ASTRA_DB_SECURE_BUNDLE", str(path))
        yield path


def test_bundle_and_token_are_the_drivers_way_in(guarded, bundle, environment, tmp_path):
    with pytest.MonkeyPatch.context() as once:
        once.setenv("CASSANDRA_USERNAME", USER)
        once.setenv("CASSANDRA_PASSWORD", PASSWORD)
        with connect(guarded.store()) as opened:
            role = "CREATE ROLE IF NOT EXISTS 'token' WITH PASSWORD = %s AND LOGIN = true"
            opened.execute(role + " AND SUPERUSER = true", [TOKEN])
    environment("ASTRA_DB_TOKEN", TOKEN)
    store = conf("astra")
    store.replication.replication_factor = 1
    with connect(store) as opened:
        assert opened.cluster.cloud["secure_connect_bundle"] == str(bundle)
    assert there_and_back(store, tmp_path).equals(ROWS)


def test_a_wrong_token(bundle, environment):
    environment("ASTRA_DB_TOKEN", WRONG)
    assert refused(conf("astra")).endswith("correct ASTRA_DB_TOKEN")


def test_no_token_or_no_bundle(bundle, monkeypatch):
    assert refused(conf("astra")) == "ASTRA_DB_TOKEN is not set: store=astra needs it"
    monkeypatch.delenv("ASTRA_DB_SECURE_BUNDLE")
    assert "ASTRA_DB_SECURE_BUNDLE is not set" in refused(conf("astra"))


def not_there(path: Path) -> None:
    path.unlink()


def no_zip(path: Path) -> None:
    path.write_text("a page that says: log in")


def empty_zip(path: Path) -> None:
    zipfile.ZipFile(path, "w").close()


def of_a_service_that_is_gone(path: Path) -> None:
    with zipfile.ZipFile(path) as file:
        kept = {name: file.read(name) for name in file.namelist()}
    kept["config.json"] = json.dumps({"host": "127.0.0.1", "port": 1}).encode()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in kept.items():
            file.writestr(name, content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (not_there, "no such file"),
        (no_zip, "is no zip file"),
        (empty_zip, "is no secure connect bundle"),
        (of_a_service_that_is_gone, "Astra does not answer for the database of"),
    ],
)
def test_a_bundle_that_is_none(bundle, environment, spoil, said):
    environment("ASTRA_DB_TOKEN", WRONG)
    spoil(bundle)
    assert said in refused(conf("astra"))


# What stands before the node in some tests


@contextmanager
def relay(to: Address, host: str = "127.0.0.1", newest: int = 255) -> Iterator[Address]:
    """Pass connections on to `to`; refuse CQL newer than `newest` with a protocol error."""
    text = f"Invalid or unsupported protocol version; the greatest is {newest}".encode()
    body = (0x0A).to_bytes(4) + len(text).to_bytes(2) + text
    # A frame of version 4: [response][flags][stream, two bytes][opcode 0, error][length].
    refusal = bytes([0x84, 0, 0, 0, 0]) + len(body).to_bytes(4) + body

    class Passing(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            first = self.request.recv(1, socket.MSG_PEEK)
            if newest < 255 and first and first[0] & 0x7F > newest:
                self.request.recv(4096)
                self.request.sendall(refusal)
                return
            with socket.create_connection(to) as node_side:
                back = threading.Thread(target=pump, args=(node_side, self.request), daemon=True)
                back.start()
                pump(self.request, node_side)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with served(Server((host, 0), Passing)) as port:
        yield Address(host, port)


def pump(source: socket.socket, target: socket.socket) -> None:
    """Send on what comes, until one side ends."""
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@contextmanager
def metadata_service(guarded: Guarded) -> Iterator[int]:
    """The port of a service that tells, over TLS with certificates, where the nodes are."""
    contact = {
        "contact_info": {
            "local_dc": "datacenter1",
            "contact_points": ["00000000-0000-0000-0000-000000000001"],
            "sni_proxy_address": str(guarded.address),
        }
    }

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(contact).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=guarded.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(guarded.certificate, guarded.key)
    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with served(server) as port:
        yield port
