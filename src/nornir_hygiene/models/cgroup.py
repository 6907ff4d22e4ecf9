"""The pids controller of one cgroup, and where containers live."""

from typing import Literal

from nornir_hygiene.models.frozen import Frozen

CgroupLayout = Literal["v1", "v2", "hybrid", "none"]


class PidsCgroup(Frozen):
    """pids.current, pids.max, pids.peak and the `max` counter of pids.events.

    `limit` is None for "max". The counts are tasks (threads), zombies included since 4.18, descendants included.
    `path` is below the mount of the controller and begins with a slash.
    """

    path: str
    current: int
    limit: int | None
    peak: int | None = None
    refused: int | None = None

    @property
    def free(self) -> int | None:
        """How many tasks still fit below this cgroup's own limit; never below zero, None without a limit."""
        return None if self.limit is None else max(0, self.limit - self.current)


class Freezer(Frozen):
    """The freezer of one cgroup with suspects in it: v1 freezer.state, v2 cgroup.freeze and cgroup.events.

    `own` says that it was frozen itself and not only with an ancestor; `again` is `frozen` a second later, None when
    there was no second look.
    """

    path: str
    version: Literal[1, 2]
    frozen: bool
    own: bool = False
    again: bool | None = None


class PodName(Frozen):
    """What people call a pod. For display only: a pod of the same name tomorrow is another one, with another UID."""

    uid: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Container(Frozen):
    """What a cgroup path says about pod and container (domain facts, section 5)."""

    pod_uid: str | None = None
    container_id: str | None = None
    runtime: str | None = None
    qos: str | None = None

    def __str__(self) -> str:
        parts = [
            f"pod {self.pod_uid}" if self.pod_uid else "",
            f"container {self.container_id[:12]}" if self.container_id else "",
        ]
        return ", ".join(part for part in parts if part)
