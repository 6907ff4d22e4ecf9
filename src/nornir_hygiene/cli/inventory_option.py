"""`--inventory`: which hosts there are, wherever that is written down."""

from typing import Annotated

import typer

InventoryOption = Annotated[
    str | None,
    typer.Option(
        "--inventory",
        metavar="WHERE",
        help="Folder with hosts.yaml, groups.yaml, defaults.yaml; or ssh-config, ssh-config:FILE, ansible:PATH.",
    ),
]
