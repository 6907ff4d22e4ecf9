"""Where the lab keeps things on the machine. Fixed names, so that `down` finds them without any record."""

import os
from pathlib import Path

STATE_DIR = Path("/run/nr-lab")
DATA_DIR = Path("/var/lib/nr-lab")
NSPAWN_RUN_DIR = Path("/run/systemd/nspawn")

STATE_FILE = STATE_DIR / "state.json"
IDENTITY = STATE_DIR / "id_ed25519"
KNOWN_HOSTS = STATE_DIR / "known_hosts"
KEYS_DIR = STATE_DIR / "keys"
INVENTORY_DIR = STATE_DIR / "inventory"

BRIDGE = "nrlab0"
SUBNET = "198.18.77"  # of 198.18.0.0/15, set aside for tests of network equipment: nobody's real addresses
CGROUP = "nrlab"
MACHINE_PREFIX = "nrlab-"


def image_cache() -> Path:
    """The folder of cached images; honours XDG_CACHE_HOME."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nornir-hygiene" / "lab"
