#!/bin/sh
# MariaDB under mysqlslap: twenty clients insert and read, with dumps in between.
# packages: mariadb-server mariadb-client
# programs: mariadbd mysqlslap mysqldump
set -e

prepare() { systemctl disable mariadb.service; }

work() {
    systemctl start mariadb
    touch /run/at-work
    while :; do
        mysqlslap --concurrency=20 --iterations=1 --auto-generate-sql --auto-generate-sql-load-type=mixed \
            --number-of-queries=2000 --auto-generate-sql-write-number=2000 --create-schema=slap
        for _ in 1 2 3; do mysqldump --all-databases | gzip >/tmp/dump.gz; done
    done
}

"$@"
