#!/bin/sh
# Builds a C++ program with CMake and Ninja, four compilers at a time, again and again.
# packages: g++ cmake ninja-build dpkg-dev xz-utils
# programs: ninja c++ cc1plus
set -e

prepare() {
    sed 's/^Types: deb$/Types: deb-src/' /etc/apt/sources.list.d/0000lab.sources >/etc/apt/sources.list.d/src.sources
    apt-get -q update
    mkdir -p /srv && cd /srv && apt-get -q source ninja-build
    cmake -G Ninja -S ninja-build-*/ -B build -DBUILD_TESTING=OFF
}

work() {
    cd /srv/build
    touch /run/at-work
    while :; do
        ninja -j4 --quiet
        ninja -t clean >/dev/null
    done
}

"$@"
