#!/bin/sh
# Builds git from its Debian source, four compilers at a time, again and again.
# packages: gcc make libc6-dev zlib1g-dev dpkg-dev xz-utils
# programs: make cc cc1 as
set -e

prepare() {
    sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/0000lab.sources >/etc/apt/sources.list.d/src.sources
    apt-get -q update
    mkdir -p /srv && cd /srv && apt-get -q source git
}

work() {
    cd /srv/git-*/
    touch /run/at-work
    while :; do
        make -j4 -s NO_CURL=1 NO_OPENSSL=1 NO_EXPAT=1 NO_GETTEXT=1 NO_TCLTK=1 NO_PERL=1 NO_PYTHON=1
        make -s clean
    done
}

"$@"
