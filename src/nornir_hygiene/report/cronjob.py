"""A schedule as objects of Kubernetes: a ConfigMap that holds it, and a CronJob for the audits and for the report.

Not in it, as they are nobody's to print: a Secret `nr-ssh` with the key and known_hosts, a ConfigMap `nr-inventory`
with the inventory's files, a PersistentVolumeClaim `nr-data` for the history, and, if there is one, a Secret
`nr-environment` with variables such as NR_HISTORY_URL.
"""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from nornir_hygiene.models.schedule import Schedule
from nornir_hygiene.report.json import to_json
from nornir_hygiene.report.schedule import REPORT_HOUR, cron_time, unit_names

_HOME = "/home/nr"
_PROJECT = "/nr"
_FILE = "schedule.json"
_MOUNTED = "/etc/nr"
_USER = 1000
_HEAD = """\
# Needs, in the same namespace:
#   Secret nr-ssh                   config, key and known_hosts as in ~/.ssh
#   ConfigMap nr-inventory          hosts.yaml, groups.yaml, defaults.yaml
#   PersistentVolumeClaim nr-data   the history and the reports
#   Secret nr-environment           may be left out: NR_HISTORY_URL, URLs of notification.yaml
# The image has `nr` on its PATH and a user {user} whose home is {home}; a project of yours lies in {project}.
"""


def manifest(schedule: Schedule, image: str) -> str:
    """YAML documents for `kubectl apply -f -`."""
    audit, *report = unit_names(schedule)
    clocks = [(audit, "run", cron_time(schedule.every_s), schedule.every_s // 2)]
    clocks += [(name, "report", f"0 {REPORT_HOUR} * * *", 3600) for name in report]
    documents = [_config_map(schedule), *(_cron_job(schedule, image, *clock) for clock in clocks)]
    yaml, text = YAML(typ="safe", pure=True), StringIO()
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.explicit_start = True
    yaml.width = 10_000  # a folded line of JSON is no easier to read
    yaml.dump_all(documents, text)
    return _HEAD.format(user=_USER, home=_HOME, project=_PROJECT) + text.getvalue()


def _config_map(schedule: Schedule) -> dict[str, Any]:
    inside = schedule.model_copy(update={"form": "cronjob", "folder": _PROJECT, "inventory": f"{_PROJECT}/inventory"})
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(schedule, f"nr-schedule-{schedule.name}"),
        "data": {_FILE: to_json(inside)},
    }


def _cron_job(schedule: Schedule, image: str, name: str, word: str, clock: str, late_s: int) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": _metadata(schedule, name),
        "spec": {
            "schedule": clock,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            # Later than that it counts as missed, and the next one is near.
            "startingDeadlineSeconds": late_s,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    # An audit that failed is not made twice: the next one comes anyway.
                    "backoffLimit": 0,
                    "template": {"metadata": _metadata(schedule), "spec": _pod(schedule, image, word)},
                }
            },
        },
    }


def _metadata(schedule: Schedule, name: str = "") -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": "nornir-hygiene", "app.kubernetes.io/instance": schedule.name}
    return {**({"name": name} if name else {}), "labels": labels}


def _pod(schedule: Schedule, image: str, word: str) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(image, word)],
        "volumes": [
            {"name": "schedule", "configMap": {"name": f"nr-schedule-{schedule.name}"}},
            {"name": "inventory", "configMap": {"name": "nr-inventory"}},
            {"name": "ssh", "secret": {"secretName": "nr-ssh", "defaultMode": 0o440}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "nr-data"}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }


def _container(image: str, word: str) -> dict[str, Any]:
    # A Job knows 0 and failure: an audit that found something has done its work.
    fine = ["--zero"] if word == "run" else []
    return {
        "name": "nr",
        "image": image,
        "command": ["nr", "schedule", word, f"{_MOUNTED}/{_FILE}", *fine],
        "workingDir": _PROJECT,
        "env": [
            {"name": "HOME", "value": _HOME},
            {"name": "XDG_DATA_HOME", "value": "/data"},
            {"name": "XDG_STATE_HOME", "value": "/data/state"},
        ],
        "envFrom": [{"secretRef": {"name": "nr-environment", "optional": True}}],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "schedule", "mountPath": _MOUNTED, "readOnly": True},
            {"name": "inventory", "mountPath": f"{_PROJECT}/inventory", "readOnly": True},
            {"name": "ssh", "mountPath": f"{_HOME}/.ssh", "readOnly": True},
            {"name": "data", "mountPath": "/data"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108  # of the container
        ],
    }
