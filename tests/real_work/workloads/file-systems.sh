#!/bin/sh
# File systems made, filled, resized and checked in image files: the healthy twin of every hung fsck.
# packages: e2fsprogs xfsprogs btrfs-progs dosfstools
# programs: mke2fs e2fsck mkfs.btrfs btrfs
set -e

prepare() { :; }

work() {
    cd /srv
    touch /run/at-work
    while :; do
        mke2fs -q -F -t ext4 -N 2000000 -d /usr disk.ext4 3G
        for _ in 1 2 3 4 5 6; do e2fsck -f -p disk.ext4 >/dev/null; done
        resize2fs -M disk.ext4 >/dev/null 2>&1
        e2fsck -f -y disk.ext4 >/dev/null
        truncate -s 600M disk.xfs && mkfs.xfs -q -f disk.xfs
        for _ in 1 2 3 4 5 6; do xfs_repair -f -n disk.xfs >/dev/null 2>&1; done
        truncate -s 3G disk.btrfs && mkfs.btrfs -q -f --rootdir /usr disk.btrfs
        for _ in 1 2; do btrfs check --readonly --check-data-csum disk.btrfs >/dev/null 2>&1; done
        rm -f disk.*
    done
}

"$@"
