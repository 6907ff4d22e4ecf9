#!/bin/sh
# PostgreSQL at its upkeep while it is used: dumps in parallel, a base backup, VACUUM FULL, a restore.
# packages: postgresql
# programs: postgres pgbench pg_dump
set -e

prepare() { systemctl disable postgresql.service; }

work() {
    pg_ctlcluster 15 main start
    as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups "$@"; }
    bin=/usr/lib/postgresql/15/bin
    cd /tmp
    as_postgres $bin/pgbench -q -i -s 30 postgres
    as_postgres $bin/pgbench -c 2 -R 50 -T 3600 postgres >/dev/null 2>&1 &
    touch /run/at-work
    while :; do
        rm -rf /tmp/dump /tmp/base
        as_postgres $bin/pg_dump -Fd -j 3 -f /tmp/dump postgres
        as_postgres $bin/psql -qc 'VACUUM (ANALYZE, PARALLEL 2) pgbench_accounts' postgres
        as_postgres $bin/pg_basebackup -D /tmp/base -X stream -c fast
        as_postgres $bin/createdb again
        as_postgres $bin/pg_restore -j 3 -d again /tmp/dump
        as_postgres $bin/psql -qc 'VACUUM FULL pgbench_accounts' again
        as_postgres $bin/dropdb again
    done
}

"$@"
