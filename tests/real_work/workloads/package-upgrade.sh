#!/bin/sh
# A host goes from one Debian to the next: hundreds of packages unpacked, configured, their services restarted.
# packages: man-db postfix apache2 cron rsyslog vim emacs-nox git python3-pip locales
# programs: apt-get dpkg
set -e

prepare() {
    sed -e 's/bookworm/trixie/g' -i /etc/apt/sources.list.d/0000lab.sources
    apt-get -q update
    # A new sshd at once: the old one takes no connections from the moment the new one lies on the disk.
    apt-get -qy install openssh-server
    # The packages are fetched now, while there is a network, and put where the booted host finds them.
    mkdir -p /srv/archives/partial
    apt-get -qy --download-only -o Dir::Cache::archives=/srv/archives dist-upgrade
}

work() {
    export DEBIAN_FRONTEND=noninteractive
    touch /run/at-work
    apt-get -y -o Dir::Cache::archives=/srv/archives -o Dpkg::Options::=--force-confold dist-upgrade
    # Should the upgrade be quicker than the recording: the same packages once more.
    while :; do
        apt-get -y -o Dir::Cache::archives=/srv/archives --reinstall install man-db apache2 cron vim python3-pip
    done
}

"$@"
