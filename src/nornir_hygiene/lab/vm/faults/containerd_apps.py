"""What runs in the containers of a virtual host: scripts for a shell, whose names the kernel shows as the program's."""

from nornir_hygiene.lab import container
from nornir_hygiene.lab.container import Container
from nornir_hygiene.lab.faults.site import Site
from nornir_hygiene.lab.vm.oci import Volume
from nornir_hygiene.models.frozen import Frozen

HANDLER = "trap 'exit 0' TERM\n"
# A shell that waits for input does not look after its children, like most programs that never expected any.
OPEN = "mkfifo /run/requests; exec 3<>/run/requests\n"
SERVE = f"{OPEN}read request <&3\n"


class App(Frozen):
    """What a container is made of: its pod, scripts by name, the command line of its first process, a volume.

    `then`: lines of sh that run in the host once it has started; they know $id, $pid (its init), $shim, $scope and
    `children`.
    """

    pod: Container
    scripts: dict[str, str]
    args: tuple[str, ...]
    volume: Volume | None = None
    then: str = ""


def app(site: Site, comm: str, script: str, *, systemd: bool) -> App:
    """One script as the first process, below a limit it can live with; `systemd`: the cgroup driver, else cgroupfs."""
    drawn = {"systemd": systemd, "limit": site.rng.randint(40, 90)}
    return App(pod=container.draw(site.rng).model_copy(update=drawn), scripts={comm: script}, args=(f"/bin/{comm}",))
