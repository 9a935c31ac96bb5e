"""Why a cluster does not let us in, found out by knocking, said in one line.

The driver's own error holds only OpenSSL's or the server's text; the latter may name the user.
"""

import socket
import ssl

from cassandra import AuthenticationFailed
from cassandra.cluster import Cluster
from cassandra.connection import EndPoint

from stages.adapters.local.listening import OPTIONS, Address, answers
from stages.adapters.store.security import PASSWORD, TOKEN, USERNAME
from stages.domain.errors import UserError

SECONDS = 5.0
_NOT_FOR_THIS_HOST = {62, 64}  # OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH


def refusal(cluster: Cluster, error: Exception) -> UserError:
    """What to tell the user where `cluster.connect()` raised `error`."""
    causes = getattr(error, "errors", {})
    for cause in causes.values() if isinstance(causes, dict) else ():
        if isinstance(cause, AuthenticationFailed):
            return UserError(_unknown_user(cluster, cause))
    if not cluster.cloud:  # behind Astra's proxy no node is ours to knock at
        for endpoint in cluster.endpoints_resolved:
            if why := _knock(endpoint, cluster.ssl_context):
                return UserError(f"the Cassandra node at {endpoint} {why}")
    nodes = ", ".join(sorted({f"{e.address}:{e.port}" for e in cluster.endpoints_resolved}))
    return UserError(
        f"no Cassandra node answers at {nodes}: start it (`make up` starts the local one), or"
        " correct store.contact_points or CASSANDRA_CONTACT_POINTS"
    )


def _unknown_user(cluster: Cluster, cause: AuthenticationFailed) -> str:
    if cluster.auth_provider is None:
        return f"the cluster asks for a user and a password: set {USERNAME} and {PASSWORD}"
    if "Unable to perform" in str(cause):
        return "the cluster cannot check passwords: too few of the nodes that hold them answer"
    given = TOKEN if cluster.cloud else f"{USERNAME} and {PASSWORD}"
    return f"the cluster refuses the user or the password: correct {given}"


def _knock(endpoint: EndPoint, context: ssl.SSLContext | None) -> str | None:
    """What is wrong with the way we would speak to this node; None where nobody is there."""
    where = Address(endpoint.address, endpoint.port)
    if context is None:
        return "expects TLS: set store.tls.enabled=true" if answers(where, True) else None
    try:
        with (
            socket.create_connection(where, SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=where.host) as secure,
        ):
            return _after_handshake(secure)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _NOT_FOR_THIS_HOST:
            return (
                f"has a certificate for other names than {where.host}: have the address added to"
                " it, or set store.tls.check_hostname=false"
            )
        return (
            f"has a certificate that store.tls.ca does not vouch for ({error.verify_message}):"
            " give the CA that signed it"
        )
    except ssl.SSLError as error:
        if answers(where, False):
            return "speaks without TLS: set store.tls.enabled=false, or switch it on there"
        return f"ends the TLS handshake ({error.reason})"
    except OSError:
        return None


def _after_handshake(secure: ssl.SSLSocket) -> str | None:
    """With TLS 1.3 a node looks at the client's certificate only now."""
    try:
        secure.sendall(OPTIONS)
        if secure.recv(9):
            return None
    except OSError:
        pass
    return (
        "does not accept our client certificate: give one that it trusts as"
        " store.tls.certificate and store.tls.key"
    )
