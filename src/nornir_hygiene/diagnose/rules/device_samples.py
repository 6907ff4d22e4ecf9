"""What `rbd-io-hang` and `io-hang` match and spare."""

from nornir_hygiene.diagnose.samples import Sample

RBD_MATCHES = (
    Sample(
        "fsck on an rbd-fuse backed device, as in lab-facts",
        """
        1   0   Ss systemd   do_epoll_wait
        181 1   Ss fsck      do_wait               looked fd=/dev/rbd3
        183 181 D  fsck.ext4 folio_wait_bit_common age=61 fd=/dev/rbd3 stack=folio_wait_bit_common<filemap_get_pages
        rbd /dev/rbd3 7:3 rbd/vol1 rbd-fuse
        block loop3 7:3 nodes=/dev/rbd3,/dev/loop3 flight=1,0 backing=/mnt/rbd/vol1
        mount 0:51 /mnt/rbd fuse.rbd-fuse rbd-fuse
        """,
    ),
    Sample(
        "kernel rbd, files on its filesystem, journal thread and old fsck attempts",
        """
        300 2   D  [jbd2/rbd0-8] jbd2_journal_commit_transaction age=200
        452 1   Ds postgres      folio_wait_bit_common age=190 fd=/var/lib/pg/base/1 fd=/dev/null
        460 1   D  fsck.ext4     blkdev_llseek age=90 fd=/dev/rbd0
        rbd /dev/rbd0 252:0 rbd/vol1 sysfs
        mount 252:0 /var/lib/pg ext4 /dev/rbd0
        mount 8:1 / ext4 /dev/sda1
        """,
    ),
    Sample(
        "LVM on a partition of an rbd image",
        """
        460 1 D postgres folio_wait_bit_common age=90 fd=/var/lib/pg/1
        rbd /dev/rbd0 252:0 rbd/vol1 sysfs
        block dm-0 253:0 flight=0,1 below=rbd0p1
        mount 253:0 /var/lib/pg ext4 /dev/mapper/vg-pg
        """,
    ),
    Sample(
        "no wait channel and no stack on EL8, but the device is open",
        """
        460 1   D  fsck.ext4     - age=90 fd=/dev/rbd0
        rbd /dev/rbd0 252:0 rbd/vol1 sysfs
        """,
    ),
)
RBD_SPARES = (
    Sample(
        "the same fsck at work: short waits",
        """
        181 1   Ss fsck      do_wait
        183 181 D  fsck.ext4 folio_wait_bit_common age=0.02 fd=/dev/rbd3
        rbd /dev/rbd3 7:3 rbd/vol1 rbd-fuse
        """,
    ),
    Sample(
        "a device called rbd3 that nothing proves to be one",
        "183 1 D fsck.ext4 folio_wait_bit_common age=61 fd=/dev/rbd3",
    ),
    Sample(
        "a vfork parent that has the image open waits for its child, not for the image",
        """
        183 1   D mkfs kernel_clone age=61 fd=/dev/rbd3
        184 183 S mkfs do_sys_pause
        rbd /dev/rbd3 7:3 rbd/vol1 rbd-fuse
        """,
    ),
)
IO_MATCHES = (
    Sample(
        "a loop device that completes nothing",
        """
        90  2 D [kworker/u4:1+loop5] percpu_rwsem_wait age=70
        183 1 D dd folio_wait_bit_common age=65 fd=/dev/loop5
        block loop5 7:5 nodes=/dev/loop5 flight=1,0 backing=/srv/disk.img
        """,
    ),
    Sample(
        "a device called rbd3 that nothing proves to be one",
        "183 1 D fsck.ext4 folio_wait_bit_common age=61 fd=/dev/rbd3",
    ),
    Sample(
        "a log on the root disk, data on another: the one with requests in flight",
        """
        452 1 D db folio_wait_bit_common age=60 fd=/var/log/db.log fd=/data/1 fd=/dev/null
        block sda 8:0 flight=0,0
        block sdb 8:16 flight=0,3
        mount 8:0 / ext4 /dev/sda
        mount 8:16 /data ext4 /dev/sdb
        """,
    ),
    Sample(
        "a suspended dm device over an rbd image is the trouble itself",
        """
        460 1 D dd submit_bio_wait age=90 fd=/dev/dm-0
        rbd /dev/rbd0 252:0 rbd/vol1 sysfs
        block dm-0 253:0 nodes=/dev/dm-0 flight=0,0 below=rbd0 suspended
        """,
    ),
    Sample(
        "writeback of a disk, named by MAJ:MIN",
        """
        90  2 D [kworker/u4:1+flush-8:16] blk_mq_get_tag age=70
        block sdb 8:16 nodes=/dev/sdb flight=0,64
        """,
    ),
    Sample(
        "a network block device whose server is gone, and the kernel has said so",
        """
        183 1 Ds dd folio_wait_bit_common age=90 fd=/dev/nbd3
        hung 183 dd 60 86380
        block nbd3 43:96 nodes=/dev/nbd3 flight=1,0 client=nbd-client,-N,disk,nas-4,/dev/nbd3
        """,
    ),
    Sample(
        "only two samples: no sched file on this kernel",
        "183 1 D dd submit_bio_wait unchanged=3 fd=/dev/sdb",
    ),
)
IO_SPARES = (
    Sample(
        "a busy disk: every wait is short",
        """
        90  2 D [jbd2/sda1-8] jbd2_journal_commit_transaction age=0.01
        183 1 D dd folio_wait_bit_common age=0.3 fd=/dev/sda
        block sda 8:0 nodes=/dev/sda flight=4,12
        """,
    ),
    Sample(
        "an nbd client that serves its device",
        "400 1 Ss nbd-client nbd_ioctl looked fd=/dev/nbd3\nblock nbd3 43:96 nodes=/dev/nbd3 flight=2,0",
    ),
    Sample(
        "a process that calls itself like a journal thread",
        "183 1 D jbd2/sda-8 kernel_clone age=600",
    ),
    Sample(
        "an idle journal thread",
        "90 2 S [jbd2/sda1-8] kjournald2 looked",
    ),
    Sample(
        "a database with files on an rbd image waits for that image",
        """
        452 1 D postgres folio_wait_bit_common age=190 fd=/var/lib/pg/base/1
        rbd /dev/rbd0 252:0 rbd/vol1 sysfs
        mount 252:0 /var/lib/pg ext4 /dev/rbd0
        """,
    ),
)
