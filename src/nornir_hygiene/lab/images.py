"""Both images of the lab, built before anybody waits for them: `python -m nornir_hygiene.lab.images`.

At a low priority, for beside other work: together they take four minutes of one CPU.
"""

import os

from nornir_hygiene.errors import NrError
from nornir_hygiene.lab import image, needs
from nornir_hygiene.lab.command import say
from nornir_hygiene.lab.vm import image as vm_image


def main() -> None:
    """Build what can be built here; who needs what could not be is told so when he starts a lab."""
    os.nice(10)
    try:
        needs.require()
        image.ensure()
        needs.require(vms=True)
        vm_image.ensure()
    except NrError as error:
        say(f"no images ahead: {error}")


if __name__ == "__main__":
    main()
