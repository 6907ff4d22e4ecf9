"""Where a cgroup path says a task lives: pod, container, systemd unit or login session (domain facts, section 5)."""

import re

from nornir_hygiene.models.cgroup import Container
from nornir_hygiene.models.process import Suspect

# systemd driver: `-` separates slices, so the pod UID is written with `_`; cgroupfs driver: as it is.
# A static pod's UID is a 32-hex hash without dashes.
_UID = r"[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32}"
_POD_SLICE = re.compile(rf"^(?:\S*-)?kubepods(?:-(?P<qos>burstable|besteffort|guaranteed))?-pod(?P<uid>{_UID})\.slice$")
_POD_DIR = re.compile(rf"^pod(?P<uid>{_UID})$")
_SCOPE = re.compile(r"^(?P<runtime>cri-containerd|crio|docker|libpod)-(?P<id>[0-9a-f]{64})\.scope$")
_CONTAINERD_IN_SLICE = re.compile(r"^[^:/]+:cri-containerd:(?P<id>[0-9a-f]{64})$")
_BARE_ID = re.compile(r"^[0-9a-f]{64}$")
_RUNTIMES = {"cri-containerd": "containerd", "crio": "cri-o", "docker": "docker", "libpod": "podman"}
_PARENTS = {"docker": "docker", "libpod_parent": "podman", "machine.slice": "podman"}
_NOTHING = Container()
_POD_WORDS = re.compile(rf"\bpod ({_UID})\b")
_SESSION = re.compile(r"^session-[^/]+\.scope$")
_USER_SLICE = re.compile(r"^user-(\d+)\.slice$")
_DELETED = " (deleted)"


def container_of(path: str) -> Container:
    """Pod and container of a cgroup path; an empty value where it names none.

    Matched on the last two components that fit, read from the root: of a container inside a container the outermost
    counts, because that is what this host can act on. v1 and v2 paths look alike.

    >>> container_of("/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + "a" * 64).qos
    'burstable'
    """
    parts = [part for part in bare(path).split("/") if part]
    for number, part in enumerate(parts):
        above = parts[number - 1] if number else ""
        container = _container(above, part)
        if container:
            return container.model_copy(update=_pod_fields(parts[: number + 1]))
    return Container(**_pod_fields(parts)) if _pod_fields(parts) else _NOTHING


def _container(above: str, part: str) -> Container | None:
    scope = _SCOPE.match(part)
    if scope:
        return Container(container_id=scope["id"], runtime=_RUNTIMES[scope["runtime"]])
    if below_slice := _CONTAINERD_IN_SLICE.match(part):
        return Container(container_id=below_slice["id"], runtime="containerd")
    if _BARE_ID.match(part) and (_POD_DIR.match(above) or above in _PARENTS):
        return Container(container_id=part, runtime=_PARENTS.get(above))
    return None


def _pod_fields(parts: list[str]) -> dict[str, str]:
    for number, part in enumerate(parts):
        if match := _POD_SLICE.match(part.split(":", 1)[0]):
            return {"pod_uid": match["uid"].replace("_", "-"), "qos": match["qos"] or "guaranteed"}
        above = parts[number - 1] if number else ""
        if (match := _POD_DIR.match(part)) and ("kubepods" in above or above in ("burstable", "besteffort")):
            return {"pod_uid": match["uid"], "qos": above if above in ("burstable", "besteffort") else "guaranteed"}
    return {}


def pod_uids(words: str) -> tuple[str, ...]:
    """The UIDs in the words for one container or several, as `Container` writes them.

    >>> pod_uids("pod 01234567-89ab-cdef-0123-456789abcdef, container aaaaaaaaaaaa")
    ('01234567-89ab-cdef-0123-456789abcdef',)
    """
    return tuple(_POD_WORDS.findall(words))


def bare(path: str) -> str:
    """The path without the mark v2 adds once the cgroup was removed under its tasks."""
    return path.removesuffix(_DELETED)


def was_deleted(path: str) -> bool:
    """Whether the cgroup was removed under its tasks (v2 says so, v1 does not)."""
    return path.endswith(_DELETED)


def cgroup_of(suspect: Suspect | None, controller: str = "") -> str | None:
    """The path that says where the task lives: that controller's, else unified, else systemd's, else the first.

    A hybrid host has all of them; a v1 zombie shows `/` everywhere, which says nothing.
    """
    lines = [line for line in suspect.cgroups if line.path not in ("", "/")] if suspect else []
    for wanted in ((controller,), (), ("name=systemd",), ("pids",)):
        for line in lines:
            if line.controllers == wanted or (wanted == (controller,) and controller in line.controllers):
                return line.path
    return lines[0].path if lines else None


def is_login_session(path: str) -> bool:
    """Whether the path lies in a login session's scope."""
    return any(_SESSION.match(part) for part in bare(path).split("/"))


def origin_of(path: str | None) -> str:
    """Where a task comes from, in words that are the same tomorrow: container, login, unit, or the path itself.

    Session numbers grow with every login, so all sessions of one user are one origin.

    >>> origin_of("/user.slice/user-1000.slice/session-7.scope"), origin_of("/system.slice/kuryr.service")
    ('login sessions of uid 1000', 'kuryr.service')
    """
    if path is None:
        return "unknown origin"
    container = container_of(path)
    if str(container):
        return str(container)
    parts = [part for part in bare(path).split("/") if part]
    if is_login_session(path):
        users = [match[1] for match in map(_USER_SLICE.match, parts) if match]
        return f"login sessions of uid {users[0]}" if users else "login sessions"
    units = [part for part in parts if part.endswith((".service", ".scope"))]
    return units[-1] if units else (bare(path) or "/")


def is_below(path: str, ancestor: str) -> bool:
    """Whether `path` is `ancestor` or lies below it."""
    above = bare(ancestor).rstrip("/")
    return bare(path) == bare(ancestor) or bare(path).startswith(above + "/")


def ancestors_of(path: str) -> tuple[str, ...]:
    """Every cgroup above, the nearest first.

    >>> ancestors_of("/a/b/c")
    ('/a/b', '/a', '/')
    """
    parts = bare(path).rstrip("/").split("/")[:-1]
    return tuple("/".join(parts[:count]) or "/" for count in range(len(parts), 0, -1))
