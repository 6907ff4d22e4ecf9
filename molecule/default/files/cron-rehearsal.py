"""The same in a service where jobs of people may be: only its restart helps. It leaks once."""

import os
import pathlib
import time

leaked = pathlib.Path("/run/cron-rehearsal.leaked")
if not leaked.exists():
    leaked.touch()
    helper = os.fork()
    if helper == 0:
        os.setsid()
        for _ in range(6):
            if os.fork() == 0:
                time.sleep(3600)
        os._exit(0)
    os.waitpid(helper, 0)
time.sleep(3600)
