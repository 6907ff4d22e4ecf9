import os
import shutil
from collections.abc import Iterator

import pytest

from tests.fleet.loopback import SSHD, Sshd, running_sshd


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """One real sshd for the whole folder."""
    require_sshd()
    with running_sshd() as server:
        yield server


def require_sshd() -> None:
    missing = [name for name, path in (("sshd", SSHD), ("ssh-keygen", shutil.which("ssh-keygen"))) if path is None]
    if not missing:
        return
    reason = f"no {' and no '.join(missing)} on this machine: apt-get install openssh-server"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
