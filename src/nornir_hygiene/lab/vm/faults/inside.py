"""How things are set up inside a virtual host: few connections, for under emulation each costs a while."""

from collections.abc import Callable

from nornir_hygiene.lab.command import wait_for
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.host import Task
from nornir_hygiene.lab.model import Planted, Undo

PATIENCE_S = 90
# $1 the unit, $2 what sets up, $3 what takes down, then the arguments of both.
_ARRANGE = """
unit=$1; printf '%s\\n' "$2" >"/run/$unit.up"; printf '%s\\n' "$3" >"/run/$unit.down"; shift 3
systemd-run --quiet --unit="$unit" --property=Type=oneshot --property=RemainAfterExit=yes \\
    --property=TimeoutStopSec=60 --property=ExecStopPost="/bin/sh /run/$unit.down $*" -- \\
    /bin/sh -c 'script=$1; shift; exec /bin/sh -e "$script.up" "$@" >"$script.said"' sh "/run/$unit" "$@"
cat "/run/$unit.said"
"""
_CLEAR = """
for word in "$@"; do
    case $word in
    *.service) systemctl kill --signal=KILL "$word"; systemctl stop "$word"; systemctl reset-failed "$word" ;;
    *) rm -rf --one-file-system "$word" ;;
    esac
done 2>/dev/null
"""


def sh(site: Site, script: str, *arguments: str, check: bool = True) -> str:
    """Run a few lines with `arguments` as $1, $2 ...; what they print, stripped. A failing line ends them."""
    done = site.host.run(["sh", "-ec" if check else "-c", script, "sh", *arguments], timeout_s=PATIENCE_S, check=check)
    return done.stdout.strip()


def arrange(site: Site, name: str, up: str, down: str, *arguments: str) -> str:
    """Run the lines `up` as a service that, when it is stopped, runs `down`; what `up` printed.

    So the way back lies in the host from the beginning, and healing is stopping a unit. The arguments are plain words.
    """
    unit = f"{name}-{site.rng.getrandbits(16):04x}.service"
    paths = tuple(f"/run/{unit}.{part}" for part in ("up", "down", "said"))
    site.promise(Undo(units=(unit,), paths=paths))
    return sh(site, _ARRANGE, unit, up, down, *arguments)


def clear_away(site: Site, planted: Planted) -> None:
    """The common heal in one go: units, which take down what they have set up, then files."""
    sh(site, _CLEAR, *planted.undo.units, *planted.undo.paths, check=False)


def blocked(site: Site, what: str, matches: Callable[[Task], bool]) -> Task:
    """The first process in D that matches, as soon as there is one."""

    def look() -> Task | None:
        return next((task for task in site.host.tasks() if task.state == "D" and matches(task)), None)

    return wait_for(f"{what} to hang", look, timeout_s=PATIENCE_S, every_s=0.5)
