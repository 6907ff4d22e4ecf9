"""The lock of a Ceph cluster beside fake monitors, plainly named so: a list of keys; real ones are in the lab tests."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.lock import LOCK_CLUSTER, UNLOCK_CLUSTER, ClusterLockArguments
from tests.remediate.actions.shells import SHELLS, fake, order, told

_AT = "nornir-hygiene/lock/"


class FakeMonitors:
    """A program `ceph` that keeps each key in a file, and shows them as `config-key dump` does."""

    def __init__(self, folder: Path) -> None:
        self.keys = folder / "keys"
        self.keys.mkdir()
        self.path = f"{folder}/bin:/usr/bin:/bin"
        self.bin = folder / "bin"
        fake(
            self.bin,
            "ceph",
            f"""cd {self.keys} && shift 2 # --connect-timeout 10
            case "$1 $2" in
            'config-key dump')
                [ "$3" = nornir-hygiene/lock ] || exit 22
                echo '{{'
                first=''
                for key in *; do
                    [ -e "$key" ] && printf '%s    "{_AT}%s": "%s"' "$first" "$key" "$(cat "$key")" && first=',
'
                done
                printf '\\n}}\\n' ;;
            'config-key set') printf %s "$4" >"${{3#{_AT}}}" && echo "set $3" ;;
            'config-key rm') rm -f "${{3#{_AT}}}" && echo "key deleted" ;;
            *) exit 22 ;;
            esac""",
        )

    def told(self, action: Action, holder: str, shell: list[str] | None = None, seconds: int = 600) -> ActionResult:
        what = order(action, ClusterLockArguments(holder=holder, seconds=seconds), "-", seconds=30)
        return told(shell or ["dash"], what, self.path)

    def holders(self) -> list[str]:
        return sorted(path.name for path in self.keys.iterdir())


@pytest.fixture
def monitors(tmp_path: Path) -> FakeMonitors:
    return FakeMonitors(tmp_path)


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_one_holds_it_until_it_is_given_back(monitors: FakeMonitors, shell: list[str]) -> None:
    assert monitors.told(LOCK_CLUSTER, "apply-a-1", shell).outcome == "changed"
    refused = monitors.told(LOCK_CLUSTER, "apply-b-1", shell)
    assert refused.outcome == "refused"
    assert refused.detail.startswith("the Ceph cluster is locked by apply-a-1 for another ")
    assert monitors.told(UNLOCK_CLUSTER, "apply-b-1", shell).outcome == "changed"  # its own, which is not there
    assert monitors.holders() == ["apply-a-1"]
    assert monitors.told(UNLOCK_CLUSTER, "apply-a-1", shell).outcome == "changed"
    assert monitors.told(LOCK_CLUSTER, "apply-b-1", shell).outcome == "changed"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_its_holder_renews_it_and_of_the_dead_nothing_stays(monitors: FakeMonitors, shell: list[str]) -> None:
    monitors.told(LOCK_CLUSTER, "apply-a-1", shell, 100)
    (monitors.keys / "apply-dead-1").write_text(str(int(time.time()) - 1))
    assert monitors.told(LOCK_CLUSTER, "apply-a-1", shell, 500).outcome == "changed"
    assert int((monitors.keys / "apply-a-1").read_text()) >= time.time() + 400
    assert monitors.holders() == ["apply-a-1"]


def test_of_many_at_once_one_gets_it_and_the_others_hear_of_somebody(monitors: FakeMonitors) -> None:
    names = [f"apply-{number}-1" for number in range(4)]
    with ThreadPoolExecutor(len(names)) as pool:
        results = list(pool.map(lambda name: monitors.told(LOCK_CLUSTER, name), names))
    assert sorted(result.outcome for result in results) == ["changed", "refused", "refused", "refused"]
    assert all("is locked by apply-" in result.detail for result in results)
    assert monitors.holders() == [
        name for name, told_ in zip(names, results, strict=True) if told_.outcome == "changed"
    ]


def test_monitors_that_say_nothing_let_nobody_in(monitors: FakeMonitors) -> None:
    fake(monitors.bin, "ceph", "exit 1")
    result = monitors.told(LOCK_CLUSTER, "apply-a-1")
    assert (result.outcome, result.detail) == ("refused", "the monitors do not tell who works on the cluster")
    assert monitors.told(UNLOCK_CLUSTER, "apply-a-1").outcome == "failed"


def test_who_may_not_write_keys_is_told_so(monitors: FakeMonitors) -> None:
    fake(
        monitors.bin,
        "ceph",
        'case "$4" in dump) echo "{}" ;; *) echo "Error EACCES: access denied" >&2; exit 13 ;; esac',
    )
    result = monitors.told(LOCK_CLUSTER, "apply-a-1")
    assert (result.outcome, "Error EACCES: access denied" in result.detail) == ("failed", True)
