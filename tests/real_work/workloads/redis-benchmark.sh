#!/bin/sh
# Redis under redis-benchmark, writing every change to its log, with snapshots by forked children all the while.
# packages: redis-server redis-tools
# programs: redis-server redis-benchmark
set -e

prepare() { systemctl disable redis-server.service; }

work() {
    systemctl start redis-server
    redis-cli config set appendonly yes
    redis-cli config set appendfsync always
    redis-cli config set save '1 1'
    touch /run/at-work
    while :; do
        redis-benchmark -q -n 100000 -r 1000000 -d 256 -c 50 -t set,get,lpush,lrange_100
        redis-cli bgrewriteaof
    done
}

"$@"
