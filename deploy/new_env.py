"""Write deploy/.env: deploy/.env.example with new secrets and keys where it leaves them empty.

Needs Python, git and ssh-keygen alone: it runs where nothing of the project is installed.
"""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
KEYS = {"AGENT_PRIVATE_KEY": "AGENT_PUBLIC_KEY", "AGENT_HOST_KEY": "AGENT_HOST_PUBLIC_KEY"}


def main() -> None:
    """Write it, for its owner only; an .env that is there stays."""
    if lacking := [tool for tool in ("git", "ssh-keygen") if not shutil.which(tool)]:
        sys.exit(f"not found: {', '.join(lacking)}; install it, and run this again")
    target = HERE / ".env"
    made = {"REPOSITORY": _repository()}
    for private, public in KEYS.items():
        made[private], made[public] = _key_pair()
    lines = []
    for line in (HERE / ".env.example").read_text().splitlines():
        name = line.removesuffix("=")
        lines.append(line if name == line else f"{line}{made.get(name) or secrets.token_hex(24)}")
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        sys.exit(f"{target} is there already; remove it for new secrets (and its volumes with it)")
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(lines) + "\n")
    print(f"wrote {target}; Jenkins' password is in it")


def _repository() -> str:
    """Where this checkout came from; an address to be replaced where it came from nowhere."""
    asked = ["git", "-C", str(HERE), "remote", "get-url", "origin"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "https://example.org/give-the-address-of-this-project.git"


def _key_pair() -> tuple[str, str]:
    """A new private key, its line ends escaped as Compose reads them, and its public key."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "key"
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "agent", "-f", str(file)]
        subprocess.run(command, check=True)
        private = file.read_text().strip().replace("\n", r"\n")
        return f'"{private}"', file.with_suffix(".pub").read_text().strip()


if __name__ == "__main__":
    main()
