#!/bin/sh
# PostgreSQL under pgbench: eight clients, each transaction on disk before the next, and new connections all the time.
# packages: postgresql
# programs: postgres pgbench
set -e

prepare() { systemctl disable postgresql.service; }

work() {
    pg_ctlcluster 15 main start
    pgbench() { setpriv --reuid postgres --regid postgres --clear-groups /usr/lib/postgresql/15/bin/pgbench "$@"; }
    cd /tmp
    pgbench -q -i -s 20 postgres
    touch /run/at-work
    while :; do
        pgbench -c 8 -j 2 -T 8 postgres
        pgbench -c 8 -j 2 -C -T 4 -S postgres
    done
}

"$@"
