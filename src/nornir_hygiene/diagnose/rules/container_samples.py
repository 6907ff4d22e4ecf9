"""What the rules about containers and their inits match and spare."""

from nornir_hygiene.diagnose.samples import Sample

_CG = "cg=/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + "4f" * 32
_DOCKER = "cg=/docker/" + "5e" * 32
EXIT_MATCHES = (
    Sample(
        "a child behind a dead FUSE daemon, the init has its SIGKILL and waits",
        f"""
        700 600 Ss sh do_wait exiting=1 nspid=700,1 age=300 {_CG}
        701 700 D  cat request_wait_answer exiting=1 nspid=701,7 age=310 {_CG} fd=/data/x
        """,
    ),
    Sample(
        "a child behind a hung device",
        f"""
        700 600 Ss sh do_wait exiting=1 nspid=700,1 age=300 {_CG}
        701 700 D  db submit_bio_wait nspid=701,7 age=310 {_CG} fd=/dev/sdb
        """,
    ),
    Sample(
        "a zombie that was entered from outside and that its shim does not reap",
        f"""
        600 1   Sl containerd-shim futex_wait looked
        700 600 S  app zap_pid_ns_processes exiting=1 nspid=700,1 age=300 {_DOCKER}
        710 600 Z  sh - nspid=710,20 age=400 {_DOCKER}
        """,
    ),
)
EXIT_SPARES = (
    Sample(
        "a container that is just ending",
        f"""
        700 600 Ss sh do_wait exiting=1 nspid=700,1 age=0.1 {_CG}
        701 700 D  cat folio_wait_bit_common nspid=701,7 age=0.1 {_CG}
        """,
    ),
    Sample(
        "a shell as init that waits for its child",
        f"""
        700 600 Ss sh do_wait nspid=700,1 age=9000 {_CG}
        701 700 S  app do_epoll_wait nspid=701,7 {_CG}
        """,
    ),
    Sample("a process that is exiting and is no init", "700 600 D app exit_aio exiting=1 nspid=700 age=90"),
)
INIT_MATCHES = (
    Sample(
        "an application as PID 1: orphans of exec probes pile up",
        f"""
        600 1   Sl containerd-shim futex_wait
        700 600 Ss pilot-agent futex_wait nspid=700,1 sigcgt=4000 {_CG}
        701 700 Z  curl - sid=690 age=90
        702 700 Z  curl - sid=695 age=3000
        """,
    ),
    Sample(
        "of one session with its init: still nobody else can reap them",
        f"""
        700 600 Ss java futex_wait nspid=700,1 looked {_CG}
        701 700 Z  sh - sid=700 age=90
        """,
    ),
)
INIT_SPARES = (
    Sample(
        "tini reaps: what is dead has been so for a moment",
        f"""
        700 600 Ss tini do_sigtimedwait nspid=700,1 looked {_CG}
        701 700 Z  curl - sid=690 age=0.05
        """,
    ),
    Sample(
        "a worker of the container that does not wait is no init",
        f"""
        700 600 Ss tini do_sigtimedwait nspid=700,1 looked {_CG}
        710 700 S  app hrtimer_nanosleep nspid=710,7 looked {_CG}
        711 710 Z  app - age=900
        """,
    ),
    Sample(
        "init of the host",
        """
        1   0 Ss systemd do_epoll_wait nspid=1
        701 1 Z  app - age=90
        """,
    ),
    Sample(
        "an init in D would reap if it could",
        f"""
        700 600 D app folio_wait_bit_common nspid=700,1 age=95 {_CG}
        701 700 Z sh - sid=690 age=90
        """,
    ),
)
SIGTERM_MATCHES = (
    Sample("no handler", f"700 600 Ss app hrtimer_nanosleep nspid=700,1 sigcgt=0 {_CG}"),
    Sample("ignored", f"700 600 Ss app hrtimer_nanosleep nspid=700,1 sigign=4000 {_DOCKER}"),
    Sample("a shell that waits for its program", f"700 600 Ss sh do_wait nspid=700,1 sigcgt=10002 {_CG}"),
)
SIGTERM_SPARES = (
    Sample("a handler", f"700 600 Ss app do_epoll_wait nspid=700,1 sigcgt=4000 {_CG}"),
    Sample(
        "tini waits for it, and meanwhile it does not count as blocked",
        f"700 600 Ss tini do_sigtimedwait nspid=700,1 sigblk=0 sigign=300000 {_CG}",
    ),
    Sample("tini at work has blocked it", f"700 600 Ss tini - nspid=700,1 sigblk=fffffffe3fcbfa07 {_CG}"),
    Sample(
        "systemd as init blocks it and reads a signalfd",
        f"700 600 Ss systemd do_epoll_wait nspid=700,1 sigblk=7be3c0fe {_CG}",
    ),
    Sample("a container that starts", f"700 600 Ss app do_wait nspid=700,1 sigcgt=0 start=8639900 {_CG}"),
    Sample(
        "a sandbox of a browser is no container",
        "700 600 S bwrap do_wait nspid=700,1 sigcgt=0 cg=/user.slice/app.scope",
    ),
    Sample("a process of the container that is not its init", f"701 700 S app do_wait nspid=701,8 sigcgt=0 {_CG}"),
)
OUTSIDE_MATCHES = (
    Sample(
        "a forgotten shell entered by exec",
        f"""
        600 1   Sl containerd-shim futex_wait
        700 600 Ss app do_epoll_wait nspid=700,1 sigcgt=4000 {_CG}
        710 600 Ss sh n_tty_read nspid=710,20 {_CG}
        711 710 S  top do_poll nspid=711,21 {_CG}
        """,
    ),
    Sample(
        "entered by nsenter, no container", "709 1 S nsenter do_wait nspid=709\n710 709 S sh n_tty_read nspid=710,20"
    ),
)
OUTSIDE_SPARES = (
    Sample(
        "an exec probe",
        f"""
        600 1   Sl containerd-shim futex_wait
        700 600 Ss app do_epoll_wait nspid=700,1 sigcgt=4000 {_CG}
        710 600 Ss curl do_poll nspid=710,20 start=8639900 {_CG}
        """,
    ),
    Sample(
        "a worker inside whose parent nobody looked at",
        f"709 1 S app do_poll\n710 709 D app kernel_clone nspid=710,20 age=2 {_CG}",
    ),
    Sample(
        "children inside",
        f"""
        700 600 Ss app do_epoll_wait nspid=700,1 sigcgt=4000 {_CG}
        701 700 S  app do_epoll_wait nspid=701,7 {_CG}
        """,
    ),
)
GUEST_MATCHES = (
    Sample("two virtual machines", "700 1 Sl qemu-system-x86 do_poll\n701 1 Sl qemu-system-x86 do_poll"),
    Sample("a pod in a sandbox", f"700 600 Sl cloud-hyperviso ep_poll looked {_CG}"),
)
GUEST_SPARES = (
    Sample("a container", f"700 600 Ss app do_epoll_wait nspid=700,1 {_CG}"),
    Sample(
        "tools and kernel threads with such a name", "700 1 S qemu-ga do_poll\n30 2 S [kvm-pit/1] kthread_worker_fn"
    ),
)
