"""A fake `kubectl`, plainly named so: `fake_kubectl.py FOLDER WORDS…` plays answers from FOLDER/cluster.json.

What it was asked, word by word and with the file it was given, is appended to FOLDER/asked. It knows the few words
the actions use and dies of any other. test_real_kubectl.py does the same with a real one.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

from tests.remediate.actions.played_cluster import BUDGET, PlayedCluster

_PIECES = re.compile(r'\{range ([^}]*)\}|\{(end)\}|\{"((?:[^"\\]|\\.)*)"\}|\{(\.[^}]*)\}')
_STEPS = re.compile(r"\.((?:[^.\[\\]|\\.)+)|\[\?\(@\.(\w+)==true\)\]")
_GLOBAL = ("--cache-dir=", "--request-timeout=")


def jsonpath(form: str, told: Any) -> str:
    """The part of kubectl's jsonpath that is used: range, text, fields, `[?(@.x==true)]`."""
    ranged = re.fullmatch(r"\{range \.items\[\*\]\}(.*)\{end\}", form, re.DOTALL)
    if ranged:
        return "".join(jsonpath(ranged[1], item) for item in told["items"])
    pieces = _PIECES.findall(form)
    return "".join(
        json.loads(f'"{text}"') if text or not path else _shown(_at(told, path)) for _, _, text, path in pieces
    )


def _at(told: Any, path: str) -> Any:
    for name, condition in _STEPS.findall(path):
        if condition:
            told = next((each for each in told or [] if each.get(condition)), None)
        else:
            told = (told or {}).get(name.replace("\\", ""))
    return told


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


def _dies(words: str) -> NoReturn:
    print(words, file=sys.stderr)
    raise SystemExit(1)


def main(folder: Path, words: list[str]) -> None:
    cluster = PlayedCluster(folder / "cluster.json")
    given = Path(words[words.index("-f") + 1]).read_text() if "-f" in words else ""
    with (folder / "asked").open("a") as log:
        log.write(json.dumps([*words, *([given] if given else [])]) + "\n")
    if cluster.ill == "hangs":
        time.sleep(600)
    if cluster.ill:
        _dies(cluster.ill)
    options = {word.partition("=")[0]: word.partition("=")[2] for word in words if word.startswith("--")}
    plain = [word for word in words if not word.startswith("-")]
    _ANSWERS[plain[0]](cluster, plain[1:], options, given)


def _get(cluster: PlayedCluster, plain: list[str], options: dict[str, str], _given: str) -> None:
    if plain[0] == "pods":
        found: Any = {"items": cluster.on(options["--field-selector"].removeprefix("spec.nodeName="))}
    else:
        kind, _, name = plain[0].partition("/")
        place = "/".join(filter(None, (f"{kind}s", options.get("--namespace"), name)))
        found = cluster.objects.get(place)
        if found is None and "--ignore-not-found" in options:
            return
        if found is None:
            _dies(f'Error from server (NotFound): {kind}s "{name}" not found')
    sys.stdout.write(jsonpath(plain[1].removeprefix("jsonpath="), found))


def _create(cluster: PlayedCluster, plain: list[str], _options: dict[str, str], given: str) -> None:
    namespace, name = plain[0].split("/")[4], plain[0].split("/")[6]
    _, reason, message = cluster.evict(namespace, name, json.loads(given))
    if message:
        _dies(f"Error from server ({reason}): {message}")


def _annotate(cluster: PlayedCluster, plain: list[str], _options: dict[str, str], _given: str) -> None:
    marks = cluster.objects[plain[0].replace("node/", "nodes/")]["metadata"].setdefault("annotations", {})
    name, _, value = plain[1].partition("=")
    if value:
        marks[name] = value
    else:
        marks.pop(name.removesuffix("-"), None)
    cluster.save()


def _close(cluster: PlayedCluster, plain: list[str], closed: bool) -> None:
    if plain[0] in cluster.stays:
        _dies(f'error: unable to update node "{plain[0]}": forbidden')
    cluster.objects[f"nodes/{plain[0]}"]["spec"]["unschedulable"] = closed
    cluster.save()


def _drain(cluster: PlayedCluster, plain: list[str], options: dict[str, str], _given: str) -> None:
    """With the words of kubectl's drain.go; a budget is asked once, not every five seconds."""
    begin = f'error: unable to drain node "{plain[0]}" due to error:'
    bare = [each for each in cluster.on(plain[0]) if "ownerReferences" not in each["metadata"]]
    if bare:
        where = ", ".join(f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in bare)
        _dies(f"{begin}cannot delete Pods that declare no controller (use --force to override): {where}, continuing")
    for each in cluster.on(plain[0]):
        name, namespace = each["metadata"]["name"], each["metadata"]["namespace"]
        status, _, _ = cluster.evict(namespace, name, {})
        if status == 429:
            print(
                f'error when evicting pods/"{name}" -n "{namespace}" (will retry after 5s): {BUDGET}', file=sys.stderr
            )
        else:
            print(f"pod/{name} evicted")
    if cluster.on(plain[0]):
        _dies(f"{begin}drain did not complete within {options['--timeout']}, continuing command...")
    print(f"node/{plain[0]} drained")


def _rollout(cluster: PlayedCluster, plain: list[str], options: dict[str, str], _given: str) -> None:
    kind, _, name = plain[1].partition("/")
    if f"{kind.lower()}s/{options['--namespace']}/{name}" not in cluster.objects:
        _dies(f'Error from server (NotFound): {kind.lower()}s.apps "{name}" not found')
    if plain[0] == "status" and name in cluster.stays:
        _dies("error: timed out waiting for the condition")


_ANSWERS = {
    "get": _get,
    "create": _create,
    "annotate": _annotate,
    "cordon": lambda cluster, plain, _options, _given: _close(cluster, plain, True),
    "uncordon": lambda cluster, plain, _options, _given: _close(cluster, plain, False),
    "drain": _drain,
    "rollout": _rollout,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]), [word for word in sys.argv[2:] if not word.startswith(_GLOBAL)])
