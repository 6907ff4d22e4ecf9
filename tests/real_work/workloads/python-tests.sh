#!/bin/sh
# CPython's own tests of forks, signals, pools and subprocesses: every odd way to start and end a process, in a hurry.
# packages: python3 libpython3.11-testsuite python3-pytest python3-pip python3-setuptools python3-wheel
# programs: python3
set -e

prepare() { :; }

work() {
    touch /run/at-work
    cd /tmp
    while :; do
        # Some of them fail without a terminal or a network: work it is all the same.
        python3 -m test -j3 --timeout 120 test_subprocess test_multiprocessing_fork test_concurrent_futures \
            test_asyncio test_threading test_wait3 test_wait4 test_fork1 test_os test_pty test_venv || true
    done
}

"$@"
