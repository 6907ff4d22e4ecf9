"""A host with a fake kubectl, plainly named so, for kubernetes.sh; a real one is in test_real_kubectl.py."""

import json
import sys
from pathlib import Path

from nornir_hygiene.models.frozen import Frozen
from nornir_hygiene.models.plan import ActionResult
from nornir_hygiene.remediate.actions.action import Action
from nornir_hygiene.remediate.actions.kubernetes import (
    OfBootedNode,
    OfPod,
)
from tests.remediate.actions import fake_kubectl
from tests.remediate.actions.played_cluster import (
    BOOT,
    NODE,
    UID,
    PlayedCluster,
    node,
    owner,
)
from tests.remediate.actions.shells import fake, order, told

REPO = Path(fake_kubectl.__file__).parents[3]
APP = owner("ReplicaSet", "app-7d9c5b8f6d")
POD = OfPod(uid=UID, node=NODE)
NODE_SEEN = OfBootedNode(node=NODE, boot=BOOT)
WHICH = "shop/app-7d9c5b8f6d-x2x9k"
FORBIDDEN = ("--force", "--disable-eviction", "--grace-period", "--now", "--delete-emptydir-data", "delete")


class Admin:
    """A host with a fake kubectl on its PATH, and the cluster it plays."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.played = PlayedCluster(folder / "cluster.json")
        self.played.add(node())
        fake(
            folder / "bin",
            "kubectl",
            f'cd {REPO} && exec {sys.executable} -S -m tests.remediate.actions.fake_kubectl {folder} "$@"',
        )

    @property
    def cluster(self) -> PlayedCluster:
        """As it is now."""
        return PlayedCluster(self.played.file)

    def told(
        self, action: Action, arguments: Frozen = POD, shell: list[str] | None = None, seconds: int = 3
    ) -> ActionResult:
        return told(shell or ["dash"], order(action, arguments, seconds=seconds), f"{self.folder}/bin:/usr/bin:/bin")

    def asked(self, *words: str) -> list[list[str]]:
        """What kubectl was asked that begins with one of these, without the way to look (`-o jsonpath=…`)."""
        log = self.folder / "asked"
        rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
        assert not any(word.startswith(FORBIDDEN) for row in rows for word in row if not word.startswith("{"))
        return [row for row in rows if not words or row[0] in words]

    def changed(self) -> list[list[str]]:
        return self.asked("create", "annotate", "cordon", "uncordon", "drain", "rollout")
