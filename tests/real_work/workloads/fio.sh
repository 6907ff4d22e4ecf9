#!/bin/sh
# fio: buffered, direct and synchronous, read and write, by processes and by threads, at a pace the disk can share.
# packages: fio
# programs: fio
set -e

prepare() { :; }

work() {
    mkdir -p /srv/fio && cd /srv/fio
    common="--time_based --runtime=8 --size=128M --group_reporting --minimal"
    touch /run/at-work
    while :; do
        fio $common --name=log --rw=write --bs=4k --ioengine=psync --fsync=1 --numjobs=4
        fio $common --name=direct --rw=randrw --bs=4k --ioengine=libaio --direct=1 --iodepth=16 --rate_iops=2000 --numjobs=2
        fio $common --name=buffered --rw=readwrite --bs=128k --ioengine=psync --numjobs=4 --rate=40M --thread
        fio $common --name=mapped --rw=randwrite --bs=4k --ioengine=mmap --numjobs=2 --rate_iops=2000
    done
}

"$@"
