"""How we show a cluster who we are, and know that it is ours; secrets come by the environment."""

import os
import ssl
import zipfile
from pathlib import Path
from typing import Any

from cassandra import DriverException
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
from omegaconf import DictConfig

from stages.adapters.paths import HOME
from stages.domain.errors import UserError

USERNAME, PASSWORD = "CASSANDRA_USERNAME", "CASSANDRA_PASSWORD"
BUNDLE, TOKEN = "ASTRA_DB_SECURE_BUNDLE", "ASTRA_DB_TOKEN"


def credentials() -> PlainTextAuthProvider | None:
    """User and password of the environment; None where neither is set."""
    username, password = os.environ.get(USERNAME), os.environ.get(PASSWORD)
    if bool(username) != bool(password):
        lacking = PASSWORD if username else USERNAME
        raise UserError(f"{lacking} is not set: a user and a password go together")
    return PlainTextAuthProvider(username, password) if username else None


def tls(settings: DictConfig) -> ssl.SSLContext | None:
    """What `store.tls` says, None where it is not enabled.

    Files are PEM, their paths absolute or relative to the checkout.
    """
    if not settings.enabled:
        return None
    ca, certificate, key = (_file(settings, name) for name in ("ca", "certificate", "key"))
    try:
        context = ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise UserError(f"store.tls.ca={settings.ca} holds no certificate in PEM") from error
    if certificate:
        try:
            # A password, or OpenSSL would ask for one on the terminal.
            context.load_cert_chain(certificate, key, password="")
        except ssl.SSLError as error:
            raise UserError(
                f"store.tls.certificate={settings.certificate} and store.tls.key={settings.key}:"
                " give a certificate and its own key in PEM, the key without a passphrase"
            ) from error
    context.check_hostname = settings.check_hostname
    return context


def astra(**settings: Any) -> Cluster:
    """The Astra database of the environment's secure connect bundle and token."""
    path, token = os.environ.get(BUNDLE), os.environ.get(TOKEN)
    if not path or not token:
        raise UserError(f"{TOKEN if path else BUNDLE} is not set: store=astra needs it")
    bundle = HOME / path
    if not bundle.is_file():
        raise UserError(f"{BUNDLE}={path}: no such file; download it from Astra's console")
    if not zipfile.is_zipfile(bundle):
        raise UserError(f"{BUNDLE}={path} is no zip file; download it again from Astra's console")
    # The driver unpacks it, keys too, for a moment: where only we can read, not beside the bundle.
    cloud = {"secure_connect_bundle": str(bundle), "use_default_tempdir": True}
    try:
        return Cluster(cloud=cloud, auth_provider=PlainTextAuthProvider("token", token), **settings)
    except DriverException as error:
        raise UserError(
            f"Astra does not answer for the database of {BUNDLE}={path}: see in its console whether"
            " it is active, and whether this machine may reach it"
        ) from error
    except (OSError, ValueError, KeyError) as error:
        raise UserError(
            f"{BUNDLE}={path} is no secure connect bundle; download it again from Astra's console"
        ) from error


def _file(settings: DictConfig, name: str) -> Path | None:
    if settings[name] is None:
        return None
    path = HOME / settings[name]
    if not path.is_file():
        raise UserError(f"store.tls.{name}={settings[name]}: no such file")
    return path
