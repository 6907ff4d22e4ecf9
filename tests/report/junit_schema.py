"""Jenkins' schema of JUnit files, as pytest's source distribution carries it (MIT); `make setup` puts it beside us.

It is somebody else's text: it is fetched, in the version `constraints.txt` names, and not kept in this repository.
"""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest

SCHEMA = Path(sys.prefix) / "share" / "junit-10.xsd"
_MEMBER = "testing/example_scripts/junit-10.xsd"


def fetch() -> None:
    """From the source distribution of the pytest that is installed. Raises CalledProcessError, KeyError."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = ["--no-deps", "--no-binary", "pytest", f"pytest=={pytest.__version__}", "--dest", folder]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *wanted], check=True)
        (archive,) = Path(folder).glob("pytest-*.tar.gz")
        with tarfile.open(archive) as packed:
            member = packed.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{_MEMBER}")
            assert member is not None
            SCHEMA.parent.mkdir(exist_ok=True)
            SCHEMA.write_bytes(member.read())


if __name__ == "__main__":
    fetch()
