"""`notification.yaml` and where its URLs are kept: what is wrong is named, and no secret is shown."""

from pathlib import Path

import pytest

from tests.cli.command import Home, closed_port
from tests.cli.notified import FILE, Nr, receivers, seen
from tests.cli.receivers import SECRET, Mailbox, Webhook
from tests.history.causes import osd_audit


def everything_kept(home: Home) -> bytes:
    return b"".join(path.read_bytes() for path in home.folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"json://anna:{SECRET}@127.0.0.1:1/{SECRET}", "connection refused"),
        (
            f"mailto://anna:{SECRET}@127.0.0.1:1?from=nr@example.org&to=ops@example.org&mode=insecure",
            "connection refused",
        ),
        (f"nosuch://anna:{SECRET}@127.0.0.1/{SECRET}", "Apprise does not know this scheme"),
        (f"slack://{SECRET}", "Apprise does not know this scheme, or the URL is not what it needs"),
        (f"json://anna:{SECRET}@[::broken/{SECRET}", "Apprise does not know this scheme, or the URL"),
        (SECRET, "holds no URL"),
        ("", "environment variable NR_STORAGE is not set"),
    ],
)
def test_a_secret_is_shown_nowhere_whatever_goes_wrong(nr: Nr, project: Home, url: str, why: str) -> None:
    seen(osd_audit(0, 3))
    done = nr("notify", NR_STORAGE=url)
    assert done.returncode == 4
    assert why in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert SECRET.encode() not in everything_kept(project)


def test_a_wrong_password_is_named_as_such_and_not_shown(nr: Nr, box: Mailbox, project: Home) -> None:
    seen(osd_audit(0, 3))
    done = nr("notify", NR_STORAGE=box.url_with("wr0ng-pass"))
    assert (done.returncode, box.got) == (4, [])
    assert "storage (mailto) was not told: it refused the login" in done.stderr
    assert "wr0ng-pass" not in done.stdout + done.stderr
    assert b"wr0ng-pass" not in everything_kept(project)


def test_a_secret_that_works_is_kept_nowhere_either(nr: Nr, box: Mailbox, project: Home) -> None:
    seen(osd_audit(0, 3))
    done = nr("notify", NR_STORAGE=box.url)
    assert (done.returncode, len(box.got)) == (0, 1)
    assert SECRET not in done.stdout + done.stderr
    assert SECRET.encode() not in everything_kept(project)


FAKE_KEYRING = '''
import keyring.backend, keyring.errors, os
class FakeKeyring(keyring.backend.KeyringBackend):
    """A fake: a keyring of a desktop cannot be had here."""
    priority = 1
    def get_password(self, service, username):
        if os.environ.get("FAKE_LOCKED"):
            raise keyring.errors.KeyringLocked(os.environ["FAKE_URL"])
        return os.environ["FAKE_URL"] if (service, username) == ("nr", "storage/ops") else None
    def set_password(self, service, username, password):
        raise keyring.errors.PasswordSetError("nr only reads it")
'''


def test_a_url_may_come_from_the_keyring(nr: Nr, hook: Webhook, project: Home) -> None:
    (project.folder / "fake_keyring.py").write_text(FAKE_KEYRING)
    receivers(project, FILE.replace("env: NR_STORAGE", "keyring: nr/storage/ops"))
    seen(osd_audit(0, 3))
    fake = {"PYTHON_KEYRING_BACKEND": "fake_keyring.FakeKeyring", "PYTHONPATH": str(project.folder)}
    locked = nr("notify", FAKE_URL=hook.url, FAKE_LOCKED="1", **fake)
    assert "was not told: keyring entry nr/storage/ops cannot be read: KeyringLocked" in locked.stderr
    assert SECRET not in locked.stderr
    assert nr("notify", FAKE_URL=hook.url, **fake).returncode == 0
    assert len(hook.got) == 1


def test_an_entry_the_keyring_does_not_have_is_named(nr: Nr, project: Home) -> None:
    receivers(project, FILE.replace("env: NR_STORAGE", "keyring: nr/storage"))
    seen(osd_audit(0, 3))
    done = nr("notify", PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
    assert done.returncode == 4
    assert "keyring entry nr/storage is not set" in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE.replace("name:", "nam:"), ("notification.yaml:2", "unknown key 'nam'", "did you mean name?")),
        (FILE.replace("from_severity: warning", "from_severity: critcal"), (":4:", "did you mean critical?")),
        (FILE.replace("1h", "often"), (":5:", "'often' is no span of time", "15m, 24h, 7d")),
        (FILE + "    tell: [new, wors]\n", (":6:", "did you mean worse?")),
        (FILE + "    digest: dayly\n", (":6:", "did you mean daily?")),
        (FILE + "    digest_hour: 24\n", (":6:", "less than or equal to 23")),
        (FILE + "    groups: [workes]\n", (":6:", "no group 'workes'", "did you mean workers?")),
        (FILE + "    hosts: [w00]\n", (":6:", "no host 'w00'", "did you mean w001 or w000?")),
        (FILE + FILE.partition("\n")[2], ("two receivers are called storage",)),
        (FILE.replace("env: NR_STORAGE", "env: NR, keyring: a/b"), (":3:", "one of both, env or keyring")),
        (FILE.replace("env: NR_STORAGE", "environment: X"), (":3:", "unknown key 'environment'")),
        ("receivers: []\n", ("notification.yaml:1", "receivers")),
        ("- a\n", ("notification.yaml:1", "must be a mapping")),
        ("receivers: [\n", ("notification.yaml:2",)),
        ("", ("notification.yaml:1", "receivers is missing")),
    ],
)
def test_a_wrong_file_is_told_with_line_and_nearest_word(
    nr: Nr, project: Home, text: str, said: tuple[str, ...]
) -> None:
    project.inventory(closed_port(), "w000", "w001", group="workers")
    receivers(project, text)
    done = nr()
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        f"mailto://anna:{SECRET}@example.org",
        f"{{env: 'mailto://anna:{SECRET}@example.org'}}",
        f"{{keyring: 'mailto://anna:{SECRET}@example.org'}}",
        f"{{'mailto://anna:{SECRET}@example.org'}}",
        f"{{mailto://anna:{SECRET}@example.org: x}}",
        f"[mailto://anna:{SECRET}@example.org]",
        f"mailto://anna:{SECRET}@example.org\n    url: mailto://anna:{SECRET}@example.org",
    ],
)
def test_a_literal_url_is_refused_and_not_repeated(nr: Nr, project: Home, url: str) -> None:
    receivers(project, f"receivers:\n  - name: storage\n    url: {url}\n")
    done = nr()
    assert done.returncode == 2
    assert "notification.yaml:" in done.stderr
    assert "write url: {env: NAME}" in done.stderr
    assert SECRET not in done.stdout + done.stderr


def test_without_a_file_it_says_where_it_belongs(nr: Nr, project: Home) -> None:
    (project.project / "notification.yaml").unlink()
    done = nr()
    assert done.returncode == 2
    assert "there is no notification.yaml" in done.stderr


def test_without_apprise_it_says_what_to_install(nr: Nr, project: Home, tmp_path: Path) -> None:
    missing = tmp_path / "without"
    missing.mkdir()
    (missing / "apprise.py").write_text("raise ImportError('as if it were not installed')\n")
    seen(osd_audit(0, 3))
    done = nr("notify", PYTHONPATH=str(missing))
    assert done.returncode == 2
    assert "pip install 'nornir-hygiene[notification]'" in done.stderr
