#!/bin/sh
# Java: Ant builds a program from its Debian source; its virtual machines have dozens of threads each.
# packages: ant default-jdk-headless dpkg-dev xz-utils
# programs: javac
set -e

prepare() {
    sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/0000lab.sources >/etc/apt/sources.list.d/src.sources
    apt-get -q update
    mkdir -p /srv && cd /srv && apt-get -q source ant
}

work() {
    cd /srv/ant-*/src/main
    find . -name '*.java' | grep -Ev 'optional|email/Mime|script' >/srv/sources
    touch /run/at-work
    while :; do
        rm -rf /srv/classes && mkdir -p /srv/classes
        for part in 1 2; do
            mkdir -p /srv/classes/$part
            javac -nowarn -proc:none -d /srv/classes/$part @/srv/sources 2>/dev/null || true &
        done
        wait
        jar cf /srv/all.jar -C /srv/classes/1 .
    done
}

"$@"
