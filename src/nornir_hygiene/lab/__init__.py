"""A throw-away fleet of real systemd hosts, and real faults to put into them.

>>> lab = Lab.up(seed=7)                    # six hosts, Ceph on two of them, an inventory in /run/nr-lab
>>> planted = lab.plant("zombies")          # and its healthy twin on clean-1
>>> planted.host, planted.kinds, planted.facts.parent_pid
>>> lab.heal(planted)
>>> lab.down()
"""

from nornir_hygiene.lab.faults import FAULTS
from nornir_hygiene.lab.lab import Lab
from nornir_hygiene.lab.model import Entry, Facts, Planted

__all__ = ["FAULTS", "Entry", "Facts", "Lab", "Planted"]
