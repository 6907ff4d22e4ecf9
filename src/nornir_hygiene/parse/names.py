"""What pods are called, as the probe filtered it from the answer of crictl or kubectl.

0b5a2f4c-1e0d-4e57-9d0c-2f6c1a7b9e11 kube-system coredns-5d78c9869d-4k2xz
"""

import re

from nornir_hygiene.models.cgroup import PodName

# A UID is a UUID, or for a pod from a file 32 hex digits; lower case, as it stands in cgroup paths.
_UID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}")
# RFC 1123: a namespace is a label, a pod's name a subdomain. Anything else no API server has let in.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAMESPACE = re.compile(_LABEL)
_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")


def parse_pod_names(lines: list[str]) -> tuple[PodName, ...]:
    """One per UID, the first that was told; a line of another form is left out, for names only decorate."""
    found: dict[str, PodName] = {}
    for uid, namespace, name in (words for words in (line.split(" ") for line in lines) if len(words) == 3):
        if _UID.fullmatch(uid) and _NAMESPACE.fullmatch(namespace) and _NAME.fullmatch(name):
            found.setdefault(uid, PodName(uid=uid, namespace=namespace, name=name))
    return tuple(found.values())
