"""The image is made from the machine's own sources: the right ones, whichever way they are written."""

from nornir_hygiene.lab.image import Recipe
from nornir_hygiene.lab.packages import _one_line_sources, _stanzas

ONE_LINE = """\
# deb http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian bookworm main contrib  # ours
deb http://mirror.example/debian bookworm-updates main
deb http://mirror.example/debian bookworm-backports main
deb http://tools.example/docker bookworm stable
deb-src http://mirror.example/debian bookworm main
"""
STANZAS = """\
Types: deb
# a comment
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://tools.example/node
Suites: nodistro
Components: main

Enabled: no
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
"""


def test_one_line_sources_of_the_suite_are_taken_whole() -> None:
    assert _one_line_sources(ONE_LINE) == [
        "deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian bookworm main contrib",
        "deb http://mirror.example/debian bookworm-updates main",
    ]


def test_enabled_stanzas_of_the_suite_are_taken() -> None:
    kept = _stanzas(STANZAS)
    assert len(kept) == 1
    assert "Suites: bookworm bookworm-updates" in kept[0]
    assert "comment" not in kept[0]


def test_an_image_is_named_after_its_recipe() -> None:
    assert Recipe().name() == Recipe().name()
    assert Recipe(packages=("systemd",)).name() != Recipe().name()
