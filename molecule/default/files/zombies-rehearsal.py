"""Leaves three zombies the first time it is started, and has learnt its lesson the second time."""

import os
import time
from pathlib import Path

FLAG = Path("/run/zombies-rehearsal.flag")
if not FLAG.exists():
    FLAG.touch()
    for _ in range(3):
        if os.fork() == 0:
            os._exit(0)
time.sleep(3600)
