#!/bin/sh
# What timers and cron do at night: updatedb, mandb, logrotate, debsums, sysstat, a find over everything, journal vacuum.
# packages: plocate man-db logrotate debsums sysstat cron needrestart apt-listchanges rkhunter aide
# programs: debsums updatedb.plocat
set -e

prepare() { :; }

work() {
    touch /run/at-work
    while :; do
        updatedb.plocate || true
        for _ in 1 2 3; do logger -t big "$(head -c 2000 /dev/urandom | base64 -w0)"; done
        logrotate -f /etc/logrotate.conf || true
        journalctl --rotate --vacuum-size=8M >/dev/null 2>&1
        debsums -s || true
        mandb -cq || true
        find / -xdev -type f -newer /etc/hostname -print0 | xargs -0 -r -n 50 -P 2 md5sum >/dev/null
        run-parts /etc/cron.daily >/dev/null 2>&1 || true
    done
}

"$@"
