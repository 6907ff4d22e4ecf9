"""`nr lab …`: hands its arguments to the lab, which is imported only here, so that it can never break `nr run`."""

import typer

from nornir_hygiene.errors import LabUnavailable


def lab(context: typer.Context) -> int:
    """Start a throw-away fleet of real hosts."""
    try:
        from nornir_hygiene.cli.lab import lab_app
    except ImportError as error:
        raise LabUnavailable(f"the lab cannot be loaded: {error}", "reinstall nornir-hygiene") from error
    command = typer.main.get_command(lab_app)
    return int(command.main(args=context.args, prog_name="nr lab", standalone_mode=False) or 0)
