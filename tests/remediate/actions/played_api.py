"""No API server: it serves a PlayedCluster to a real kubectl, on 127.0.0.1, and keeps what it was asked."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.remediate.actions.played_cluster import Object, PlayedCluster

_PLACE = re.compile(r"^/(?:api|apis/apps)/v1/(?:namespaces/(?P<namespace>[^/]+)/)?(?P<sort>\w+)(?:/(?P<name>[^/]+))?$")
_EVICTION = re.compile(r"^/api/v1/namespaces/([^/]+)/pods/([^/]+)/eviction$")
_VERBS = ["get", "list", "patch", "watch", "create", "delete"]


def _resource(name: str, kind: str, *, namespaced: bool = True, **more: str) -> Object:
    return {"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": _VERBS, **more}


def _group(name: str) -> Object:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resources(version: str, *resources: Object) -> Object:
    return {"kind": "APIResourceList", "groupVersion": version, "resources": list(resources)}


DISCOVERY: dict[str, Object] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group("apps"), _group("policy")]},
    "/api/v1": _resources(
        "v1",
        _resource("pods", "Pod"),
        _resource("pods/eviction", "Eviction", group="policy", version="v1"),
        _resource("nodes", "Node", namespaced=False),
    ),
    "/apis/apps/v1": _resources(
        "apps/v1",
        _resource("deployments", "Deployment"),
        _resource("replicasets", "ReplicaSet"),
        _resource("daemonsets", "DaemonSet"),
        _resource("statefulsets", "StatefulSet"),
    ),
    "/apis/policy/v1": _resources("policy/v1", _resource("poddisruptionbudgets", "PodDisruptionBudget")),
    "/version": {"major": "1", "minor": "28", "gitVersion": "v1.28.4"},
}


class _Handler(BaseHTTPRequestHandler):
    cluster: PlayedCluster
    asked: list[tuple[str, str, str]]

    def log_message(self, *_: Any) -> None:
        pass

    def _tell(self, status: int, told: Object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _status(self, code: int, reason: str, message: str) -> None:
        status = "Success" if code < 300 else "Failure"
        self._tell(
            code,
            {
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": status,
                "reason": reason,
                "message": message,
                "code": code,
            },
        )

    def _body(self) -> str:
        if self.headers.get("Transfer-Encoding") == "chunked":  # so kubectl sends what it has from a file
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            return whole.decode()
        return self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        place = _PLACE.match(url.path)
        if url.path in DISCOVERY:
            self._tell(200, DISCOVERY[url.path])
        elif place is None:
            self._status(404, "NotFound", "the server could not find the requested resource")
        elif place["name"]:
            self._one(place)
        else:
            self._several(place["sort"], parse_qs(url.query).get("fieldSelector", [""])[0])

    def _key(self, place: re.Match[str]) -> str:
        return "/".join(filter(None, (place["sort"], place["namespace"], place["name"])))

    def _one(self, place: re.Match[str]) -> None:
        found = self.cluster.objects.get(self._key(place))
        if found is None:
            self._status(404, "NotFound", f'{place["sort"]} "{place["name"]}" not found')
        else:
            self._tell(200, found)

    def _several(self, sort: str, selector: str) -> None:
        field, _, value = selector.partition("=")
        every = [each for key, each in self.cluster.objects.items() if key.startswith(f"{sort}/")]
        if field == "spec.nodeName":
            every = [each for each in every if each["spec"]["nodeName"] == value]
        if field == "metadata.name":
            every = [each for each in every if each["metadata"]["name"] == value]
        kind = {"pods": "Pod", "deployments": "Deployment"}[sort]
        version = "v1" if sort == "pods" else "apps/v1"
        self._tell(
            200, {"kind": f"{kind}List", "apiVersion": version, "metadata": {"resourceVersion": "1"}, "items": every}
        )

    def do_POST(self) -> None:
        body = self._body()
        self.asked.append(("POST", self.path, body))
        eviction = _EVICTION.match(urlsplit(self.path).path)
        assert eviction, self.path
        self._status(*self.cluster.evict(eviction[1], eviction[2], json.loads(body)))

    def do_PATCH(self) -> None:
        body = self._body()
        self.asked.append(("PATCH", self.path, body))
        place = _PLACE.match(urlsplit(self.path).path)
        assert place, self.path
        merged = _merged(self.cluster.objects[self._key(place)], json.loads(body))
        self.cluster.objects[self._key(place)] = merged
        self._tell(200, merged)


def _merged(below: Any, above: Any) -> Any:
    """As a JSON merge patch does: null takes away."""
    if not isinstance(above, dict) or not isinstance(below, dict):
        return above
    both = {**below, **{key: _merged(below.get(key), value) for key, value in above.items()}}
    return {key: value for key, value in both.items() if value is not None}


class PlayedApi:
    """`url` for a kubeconfig; `asked`: method, path and body of everything that would change something."""

    def __init__(self, cluster: PlayedCluster, url: str, asked: list[tuple[str, str, str]]) -> None:
        self.cluster = cluster
        self.url = url
        self.asked = asked


@contextmanager
def played_api(cluster: PlayedCluster) -> Iterator[PlayedApi]:
    """Serves until the end of the block."""
    asked: list[tuple[str, str, str]] = []
    handler = type("Handler", (_Handler,), {"cluster": cluster, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield PlayedApi(cluster, f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
