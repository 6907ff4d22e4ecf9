"""Saves a plan and finds it again."""

from pathlib import Path

from pydantic import ValidationError

from nornir_hygiene.errors import ConfigError, UsageError
from nornir_hygiene.history.folder import plans_folder, write_atomically
from nornir_hygiene.models.plan import Plan


def plan_path(plan_id: str) -> Path:
    """Where a plan of that name lies, or would lie."""
    return plans_folder() / f"{plan_id}.json"


def save_plan(plan: Plan) -> Path:
    """Returns the file. Raises OSError."""
    path = plan_path(plan.plan_id)
    write_atomically(path, plan.model_dump_json(indent=2).encode())
    return path


def find_plan(beginning: str) -> Path:
    """The file of the newest saved plan whose name begins like this, or that file itself. Raises UsageError."""
    given = Path(beginning)
    if given.suffix == ".json" and given.is_file():
        return given
    found = sorted(path for path in plans_folder().glob("plan-*.json") if path.stem.startswith(beginning))
    if not found:
        raise UsageError(f"there is no plan {beginning!r} in {plans_folder()}", "nr plan makes one")
    return found[-1]


def load_plan(path: Path) -> Plan:
    """Raises ConfigError if the file is not a plan."""
    try:
        return Plan.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ConfigError(f"is not a saved plan: {error}", path) from error
