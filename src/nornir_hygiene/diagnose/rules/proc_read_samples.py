"""What `proc-read-hang` matches and spares."""

from nornir_hygiene.diagnose.samples import Sample

MATCHES = (
    Sample(
        "ps aux behind a thread that waits for its own mmap lock, as in lab-facts",
        """
        800 1 Sl app do_wait threads=3 looked
        +801 D app percpu_rwsem_wait age=60 fd=/mnt/file
        +802 D app vma_start_write age=58
        900 1 D ps access_remote_vm age=50 fd=/proc/800/cmdline
        901 1 D pgrep access_remote_vm age=40 fd=/proc/800 fd=/proc/800/cmdline
        """,
    ),
    Sample(
        "only the probe itself stalled: stuck in exec, no thread in D",
        """
        800 1 S app request_wait_answer start=? looked
        stall 800 stat
        """,
    ),
    Sample("the target is gone from the table", "stall 800 cmdline"),
    Sample(
        "links not readable: the only process with threads in such waits",
        """
        800 1 Sl app do_wait threads=2 looked
        +802 D app vma_start_write age=58
        900 1 D ps access_remote_vm age=50
        """,
    ),
    Sample("links not readable and nobody to suspect", "900 1 D ps access_remote_vm age=50"),
    Sample(
        "EL8: no wait channel, but the file is open",
        """
        800 1 S app - looked
        900 1 D ps - age=50 fd=/proc/800/cmdline
        """,
    ),
)
SPARES = (
    Sample(
        "a short wait for a busy address space",
        """
        800 1 Sl java futex_wait_queue threads=9 looked
        900 1 D ps access_remote_vm age=0.01 fd=/proc/800/cmdline
        """,
    ),
    Sample(
        "a task in D for a device that also has a proc file open",
        "900 1 D agent submit_bio_wait age=90 fd=/proc/800/stat fd=/dev/sdb",
    ),
    Sample("a process that waits for its own mmap lock, nobody reads it", "802 1 D app vm_mmap_pgoff age=58"),
)
