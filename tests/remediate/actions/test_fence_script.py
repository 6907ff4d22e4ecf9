"""fence.sh beside a fake cluster, plainly named so: the real one is in the lab tests."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.reboot import FENCE_CLIENTS, FenceArguments
from tests.remediate.actions.shells import SHELLS, fake, order, told

FSID = "0c3f9a58-6f1e-4c0e-9d5c-3a1b2c4d5e6f"
KERNEL, OTHER = "10.0.0.7:0/3710147553", "10.0.0.7:0/4190162307"
IMAGE = "image:kube-a1/vol-1"
UNTIL = "2026-11-23T03:00:00.000000+0000"


class FakeCluster:
    """`ceph` and `rbd` that keep the list in a file; `word` is what it is called."""

    def __init__(self, folder: Path, word: str = "blocklist") -> None:
        self.folder = folder
        (folder / "listed").touch()
        fake(
            folder / "bin",
            "ceph",
            f"""cd {folder}; shift 2 # --connect-timeout 10
            case "$1 $2 $3" in
            'fsid  ') [ ! -e silent ] && echo {FSID} ;;
            'osd {word} ls') cat listed ;;
            'osd {word} add') [ -e deaf ] || echo "$4 {UNTIL} $5" >>listed ;;
            *) exit 22 ;;
            esac""",
        )
        fake(folder / "bin", "rbd", f'cd {folder}; [ "$1 $2" = "status {IMAGE[6:]}" ] && cat watchers')
        self.watch(OTHER)

    def watch(self, *addresses: str) -> None:
        rows = (f"\twatcher={address} client.4123 cookie=18446462598732840961" for address in addresses)
        (self.folder / "watchers").write_text("\n".join(["Watchers:", *rows, ""]))

    def fenced(self, clients: str, shell: list[str] | None = None) -> ActionResult:
        what = order(FENCE_CLIENTS, FenceArguments(clients=clients), seconds=20)
        return told(shell or ["dash"], what, f"{self.folder}/bin:/usr/bin:/bin")

    @property
    def listed(self) -> list[str]:
        return [line.split()[0] for line in (self.folder / "listed").read_text().splitlines()]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("word", ["blocklist", "blacklist"], ids=["since Pacific", "before"])
def test_every_client_is_shut_out_by_address_and_nonce(shell: list[str], word: str, tmp_path: Path) -> None:
    cluster = FakeCluster(tmp_path, word)
    result = cluster.fenced(f"{FSID}/{KERNEL},{IMAGE}", shell)
    assert (result.outcome, cluster.listed) == ("changed", [KERNEL, OTHER])
    assert result.detail == f"shut out for 86400 s: {KERNEL} {OTHER}"


def test_an_address_that_only_begins_like_one_on_the_list_is_not_on_it(tmp_path: Path) -> None:
    cluster = FakeCluster(tmp_path)
    (tmp_path / "listed").write_text(f"{KERNEL}9 {UNTIL}\n")
    (tmp_path / "deaf").touch()
    result = cluster.fenced(f"{FSID}/{KERNEL}")
    assert (result.outcome, "is not on the blocklist" in result.detail) == ("failed", True)


@pytest.mark.parametrize("watchers", [(), (KERNEL, OTHER)], ids=["nobody", "two"])
def test_of_an_image_with_no_or_two_watchers_nobody_knows_whom_to_fence(
    watchers: tuple[str, ...], tmp_path: Path
) -> None:
    cluster = FakeCluster(tmp_path)
    cluster.watch(*watchers)
    result = cluster.fenced(f"{FSID}/{KERNEL},{IMAGE}")
    assert (result.outcome, cluster.listed) == ("refused", []), "all of them or none"
    assert "who has kube-a1/vol-1 open is not known" in result.detail


def test_a_client_of_another_cluster_is_not_fenced_at_this_one(tmp_path: Path) -> None:
    cluster = FakeCluster(tmp_path)
    result = cluster.fenced(f"77777777{FSID[8:]}/{KERNEL}")
    assert (result.outcome, "is another cluster" in result.detail, cluster.listed) == ("refused", True, [])


def test_monitors_that_are_silent_fence_nobody(tmp_path: Path) -> None:
    cluster = FakeCluster(tmp_path)
    (tmp_path / "silent").touch()
    assert cluster.fenced(f"{FSID}/{KERNEL}").outcome == "refused"


@pytest.mark.parametrize(
    "clients",
    ["none", "", "10.0.0.7", f"{FSID}/10.0.0.7:0", f"{FSID}/{KERNEL} 0.0.0.0/0", f"{FSID}/{KERNEL},", "image:?/vol-1",
     "image:a/$(reboot)", "image:-a/b", f"{FSID}/--help/1"],
)  # fmt: skip
def test_what_is_no_client_is_refused_before_any_host_is_asked(clients: str) -> None:
    with pytest.raises(ValidationError):
        FenceArguments(clients=clients)
