"""A team's playbook in the project: where it lies, and which files belong to it."""

from pathlib import Path

from nornir_hygiene.content import user_project

_SKIPPED = {".git", "__pycache__"}


def project_folder() -> Path | None:
    """Of the project the current folder belongs to."""
    mine = user_project()
    return Path(mine.name) if mine else None


def playbook_path(playbook: str) -> Path | None:
    """Where it lies in the project; None if it does not, or only through a link that leads out of it."""
    folder = project_folder()
    if folder is None:
        return None
    path = (folder / playbook).resolve()
    return path if path.is_file() and path.is_relative_to(folder) and path.parent != folder else None


def files_of(playbook: str) -> dict[str, Path]:
    """It and all that lies in its folder (roles, variables, templates), by name: what an approval is about."""
    path = playbook_path(playbook)
    if path is None:
        return {}
    found = (each for each in path.parent.rglob("*") if each.is_file() and not _SKIPPED & set(each.parts))
    return {str(each.relative_to(path.parent)): each for each in sorted(found)}
