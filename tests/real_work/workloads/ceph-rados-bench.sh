#!/bin/sh
# A Ceph cluster on one host, its OSDs written to and read by rados bench, a file system on rbd-fuse beside it.
# packages: ceph-mon ceph-osd ceph-mgr ceph-common rbd-fuse fuse3
# programs: ceph-mon ceph-mgr ceph-osd rados rbd-fuse
set -e

prepare() { systemctl disable ceph-crash.service || true; }

configure() {
    fsid=$(cat /proc/sys/kernel/random/uuid)
    cat >/etc/ceph/ceph.conf <<CONF
[global]
fsid = $fsid
mon_initial_members = a
mon_host = v1:127.0.0.1:6789
ms_bind_msgr2 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
osd_pool_default_size = 2
osd_pool_default_min_size = 1
osd_crush_chooseleaf_type = 0
osd_objectstore = bluestore
bluestore_block_size = 4294967296
bluestore_block_path =
mon_allow_pool_size_one = true
rbd_default_features = 1
CONF
}

start_mon() {
    monmaptool --create --fsid "$fsid" --addv a '[v1:127.0.0.1:6789]' /tmp/monmap >/dev/null
    install -d -o ceph -g ceph /var/lib/ceph/mon/ceph-a /var/lib/ceph/mgr/ceph-a
    ceph-mon --mkfs -i a --monmap /tmp/monmap --setuser ceph --setgroup ceph
    systemctl start ceph-mon@a ceph-mgr@a
    timeout 60 sh -c 'until ceph --connect-timeout 5 quorum_status >/dev/null 2>&1; do sleep 0.5; done'
}

start_osd() {
    uuid=$(cat /proc/sys/kernel/random/uuid)
    id=$(ceph osd new "$uuid")
    install -d -o ceph -g ceph "/var/lib/ceph/osd/ceph-$id"
    ceph-osd -i "$id" --mkfs --osd-uuid "$uuid" --setuser ceph --setgroup ceph
    systemctl start "ceph-osd@$id"
}

work() {
    configure
    start_mon
    for _ in 1 2 3; do start_osd; done
    timeout 60 sh -c 'until ceph osd stat | grep -q "3 up"; do sleep 0.5; done'
    ceph osd pool create work 16
    ceph osd pool application enable work rbd
    rbd create --size 512 work/volume
    mkdir -p /srv/images
    rbd-fuse -p work /srv/images
    touch /run/at-work
    while :; do
        rados bench -p work 6 write -t 8 -b 65536 --no-cleanup >/dev/null
        rados bench -p work 3 rand -t 8 >/dev/null
        mke2fs -q -F -t ext4 /srv/images/volume && e2fsck -f -p /srv/images/volume
        rados -p work cleanup >/dev/null
    done
}

"$@"
