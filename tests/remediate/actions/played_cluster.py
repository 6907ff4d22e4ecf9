"""A played Kubernetes: objects as the API server tells them (core/v1, apps/v1, policy/v1), in one JSON file.

No API server can be had here. `fake_kubectl.py` answers from it by itself, `played_api.py` for a real kubectl.
"""

import json
from pathlib import Path
from typing import Any

UID = "0c3f9a58-6f1e-4c0e-9d5c-3a1b2c4d5e6f"
OTHER_UID = "77777777-6f1e-4c0e-9d5c-3a1b2c4d5e6f"
STATIC_HASH = "5a1e4b7c9d0f11e2a3b4c5d6e7f80912"
BOOT = "3f2b8c1a-9d4e-4b7a-8c6d-1e2f3a4b5c6d"
NODE = "worker-1"
BUDGET = "Cannot evict pod as it would violate the pod's disruption budget."

Object = dict[str, Any]


def owner(kind: str, name: str, api: str = "apps/v1") -> Object:
    return {
        "apiVersion": api,
        "kind": kind,
        "name": name,
        "uid": f"uid-of-{name}",
        "controller": True,
        "blockOwnerDeletion": True,
    }


def pod(name: str = "app-7d9c5b8f6d-x2x9k", uid: str = UID, by: Object | None = None, **meta: Any) -> Object:
    """As `kubectl get pod -o json`, without what nobody here reads; `by` is its controller."""
    metadata = {
        "name": name,
        "namespace": "shop",
        "uid": uid,
        "labels": {"app": "app", "pod-template-hash": "7d9c5b8f6d"},
        "annotations": {},
        **meta,
    }
    if by:
        metadata["ownerReferences"] = [by]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"nodeName": NODE, "terminationGracePeriodSeconds": 30, "containers": [{"name": "app"}]},
        "status": {"phase": "Running"},
    }


def mirror_pod() -> Object:
    """What the API server has of a static pod: owned by its node, with another UID than its cgroup."""
    marks = {f"kubernetes.io/config.{word}": STATIC_HASH for word in ("hash", "mirror")}
    by = owner("Node", NODE, "v1")
    return pod("cache-worker-1", OTHER_UID, by, annotations={**marks, "kubernetes.io/config.source": "file"})


def node(name: str = NODE, **labels: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "uid": f"uid-of-{name}", "labels": {"kubernetes.io/hostname": name, **labels}},
        "spec": {},
        "status": {"nodeInfo": {"bootID": BOOT, "kubeletVersion": "v1.28.4"}},
    }


def controller(kind: str, name: str, by: Object | None = None) -> Object:
    references = {"ownerReferences": [by]} if by else {}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop", "uid": f"uid-of-{name}", **references},
    }


class PlayedCluster:
    """`objects` by path below the API (`pods/shop/x`, `nodes/x`), `budget`: whom a budget keeps, `stays`: who does not
    go when asked, `replaced`: whose place another pod takes between two requests.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        told = json.loads(file.read_text()) if file.exists() else {}
        self.objects: dict[str, Object] = told.get("objects", {})
        self.budget: list[str] = told.get("budget", [])
        self.stays: list[str] = told.get("stays", [])
        self.replaced: list[str] = told.get("replaced", [])
        self.ill: str = told.get("ill", "")

    def save(self) -> None:
        self.file.write_text(json.dumps({key: value for key, value in vars(self).items() if key != "file"}))

    def add(self, *objects: Object) -> None:
        for each in objects:
            meta = each["metadata"]
            place = (f"{each['kind'].lower()}s", *filter(None, [meta.get("namespace")]), meta["name"])
            self.objects["/".join(place)] = each
        self.save()

    def on(self, node: str) -> list[Object]:
        pods = (each for each in self.objects.values() if each["kind"] == "Pod")
        return [each for each in pods if each["spec"]["nodeName"] == node]

    def evict(self, namespace: str, name: str, eviction: Object) -> tuple[int, str, str]:
        """Status, reason and message, as registry/core/pod/storage/eviction.go gives them."""
        place = f"pods/{namespace}/{name}"
        found = self.objects.get(place)
        if found is None:
            return 404, "NotFound", f'pods "{name}" not found'
        if name in self.replaced:
            found["metadata"]["uid"] = OTHER_UID
        wanted = eviction.get("deleteOptions", {}).get("preconditions", {}).get("uid")
        uid = found["metadata"]["uid"]
        if wanted and wanted != uid:
            message = f"the UID in the precondition ({wanted}) does not match the UID in record ({uid}). "
            message += "The object might have been deleted and then recreated"
            return 409, "Conflict", f'Operation cannot be fulfilled on pods "{name}": {message}'
        if name in self.budget:
            return 429, "TooManyRequests", BUDGET
        if name in self.stays:
            found["metadata"]["deletionTimestamp"] = "2026-11-22T03:10:00Z"
        else:
            del self.objects[place]
        self.save()
        return 201, "Success", ""
