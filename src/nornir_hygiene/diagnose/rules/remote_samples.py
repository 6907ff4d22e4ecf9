"""What `fuse-hang`, `nfs-hang` and `volume-attach-hang` match and spare."""

from nornir_hygiene.diagnose.samples import Sample

FUSE_MATCHES = (
    Sample(
        "a stopped daemon, a reader in S and one that got a signal",
        """
        400 1 Tsl s3fs do_signal_stop age=60 fd=/dev/fuse
        500 1 S cat request_wait_answer age=50 fd=/mnt/s3/a
        501 1 D cat request_wait_answer age=45 fd=/mnt/s3/b
        502 1 D ls path_openat age=44 cwd=/mnt/s3
        mount 0:45 /mnt/s3 fuse.s3fs s3fs
        """,
    ),
    Sample(
        "a reader that has nothing open yet, among two filesystems: the one with requests waiting",
        """
        500 1 S stat request_wait_answer age=50 cwd=/root
        mount 0:45 /mnt/s3 fuse.s3fs s3fs
        mount 0:46 /var/lib/lxcfs fuse.lxcfs lxcfs
        mount 8:1 / ext4 /dev/sda1
        fuse 45 1
        fuse 46 0
        """,
    ),
    Sample("nothing tells which filesystem", "500 1 D stat request_wait_answer age=50"),
)
FUSE_SPARES = (
    Sample("a slow answer", "500 1 S cat request_wait_answer age=3 fd=/mnt/s3/a\nmount 0:45 /mnt/s3 fuse.s3fs s3fs"),
    Sample("an idle daemon", "400 1 Ssl s3fs fuse_dev_do_read age=5000 fd=/dev/fuse"),
    Sample(
        "the worker of a loop device over FUSE belongs to the device",
        """
        90 2 D [kworker/u4:1+loop5] request_wait_answer age=60
        block loop5 7:5 flight=1,0 backing=/mnt/s3/disk
        mount 0:45 /mnt/s3 fuse.s3fs s3fs
        """,
    ),
)
NFS_MATCHES = (
    Sample(
        "readers of one server, by two mounts",
        """
        500 1 D cat rpc_wait_bit_killable age=50 fd=/data/a
        501 1 D ls nfs_wait_bit_killable age=45 cwd=/home/x
        mount 0:50 /data nfs4 10.0.0.5:/export/data
        mount 0:51 /home nfs 10.0.0.5:/export/home
        """,
    ),
    Sample(
        "no file open yet, but there is one server",
        "500 1 D stat rpc_wait_bit_killable age=50\nmount 0:50 /data nfs4 nas:/d",
    ),
    Sample("nothing tells which server", "500 1 D stat rpc_wait_bit_killable age=50"),
    Sample(
        "a page that comes over the network, by the stack alone",
        """
        500 1 D cat folio_wait_bit_common age=50 fd=/data/a stack=folio_wait_bit_common<filemap_read<nfs_file_read
        mount 0:50 /data nfs 10.0.0.5:/export/data
        """,
    ),
)
NFS_SPARES = (
    Sample("a slow server", "500 1 D cat rpc_wait_bit_killable age=2 fd=/data/a\nmount 0:50 /data nfs4 nas:/d"),
    Sample("a local disk", "500 1 D cat folio_wait_bit_common age=50 fd=/data/a\nmount 8:1 /data ext4 /dev/sda1"),
)
ATTACH_MATCHES = (
    Sample(
        "rbd map that waits for the header object",
        """
        100 1   Ss kubelet     futex_wait_queue looked
        200 100 S  csi-rbdplugin futex_wait_queue
        500 200 S  rbd         futex_wait_queue threads=2 looked
        +501 D rbd wait_request_timeout age=90 stack=wait_request_timeout<rbd_obj_read_sync<do_rbd_add
        """,
    ),
    Sample(
        "rbd map as Ceph 16 does it: a thread of its own asks the kernel, the first one waits for udev",
        """
        500 1 Ssl rbd do_sys_poll threads=2 looked
        +517 D mapper wait_request_timeout age=90 stack=wait_request_timeout<ceph_osdc_call<do_rbd_add
        asks f51d.client7 osd0 11 rbd_id.csi-vol-1 call-rbd/get_id
        """,
    ),
    Sample("rbd map behind an exclusive lock", "500 1 D rbd rbd_add_acquire_lock age=90"),
    Sample(
        "no wait channel, but the stack tells",
        "500 1 D sh - age=90 stack=__schedule<wait_for_completion<ceph_osdc_call<do_rbd_add",
    ),
)
ATTACH_SPARES = (
    Sample("rbd map that takes its time", "500 1 D rbd wait_request_timeout age=3"),
    Sample(
        "rbd map at work, and a client that keeps a watch",
        """
        500 1 Ssl rbd do_sys_poll threads=2 looked
        +517 S mapper - age=0.1
        asks f51d.client7 osd0 11 rbd_header.1012dd watch-ping
        """,
    ),
    Sample("CephFS is another thing", "500 1 D ls ceph_mdsc_wait_request age=90"),
    Sample(
        "an fsck of a mapped image waits for the image",
        "500 1 D fsck.ext4 folio_wait_bit_common age=90 fd=/dev/rbd0\nrbd /dev/rbd0 252:0 rbd/vol1 sysfs",
    ),
)
