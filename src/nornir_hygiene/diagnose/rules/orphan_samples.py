"""What `orphan-leak` matches and spares."""

from nornir_hygiene.diagnose.samples import Sample


def _many(line: str, count: int = 6) -> str:
    """The line once per pid from 701 on, `{pid}` replaced."""
    return "\n".join(line.format(pid=pid) for pid in range(701, 701 + count))


_MAIN = "600 1 Ss kuryr-daemon do_epoll_wait looked cg=/system.slice/kuryr.service\n"
MATCHES = (
    Sample(
        "workers of a unit whose main process is alive",
        _MAIN + _many("{pid} 1 S kuryr-worker pipe_read sid=650 cg=/system.slice/kuryr.service"),
    ),
    Sample(
        "workers that hold a network namespace",
        _many("{pid} 1 S ip-worker pipe_read sid=650 cg=/system.slice/net.service fd=net:[40265]"),
    ),
    Sample(
        "left behind by a login",
        _many("{pid} 1 S crunch pipe_read sid=650 cg=/user.slice/user-1000.slice/session-{pid}.scope"),
    ),
    Sample(
        "their cgroup was removed under them",
        _many("{pid} 1 S worker pipe_read sid=650 cg=/system.slice/gone.service%20(deleted)"),
    ),
    Sample(
        "adopted by a subreaper, not by init",
        "500 1 Ss containerd-shim do_epoll_wait looked\n"
        + _MAIN
        + _many("{pid} 500 S kuryr-worker pipe_read sid=650 cg=/system.slice/kuryr.service"),
    ),
    Sample(
        "most of them nobody looked at closer",
        _MAIN
        + "701 1 S kuryr-worker pipe_read sid=650 cg=/system.slice/kuryr.service\n"
        + "\n".join(f"{pid} 1 S kuryr-worker pipe_read sid=650" for pid in range(702, 720)),
    ),
)
SPARES = (
    Sample(
        "double-forked daemons, each in its own unit",
        _many("{pid} 1 S mydaemon do_epoll_wait sid=650 cg=/system.slice/mydaemon@{pid}.service"),
    ),
    Sample(
        "a pool of double-forked daemons in one unit of its own",
        _many("{pid} 1 S mydaemon do_epoll_wait sid=650 cg=/system.slice/mydaemon.service"),
    ),
    Sample(
        "a prefork daemon: the workers are children of their master",
        "700 1 S nginx do_sys_pause sid=650 cg=/system.slice/nginx.service\n"
        + _many("{pid} 700 S nginx do_epoll_wait sid=650 cg=/system.slice/nginx.service"),
    ),
    Sample(
        "daemons that lead their own session",
        _MAIN + _many("{pid} 1 Ss kuryr-worker pipe_read cg=/system.slice/kuryr.service"),
    ),
    Sample(
        "background jobs of a login that is alive",
        "650 1 Ss bash do_wait looked cg=/user.slice/user-1000.slice/session-3.scope\n"
        + _many("{pid} 1 S job pipe_read sid=650 start=9999 cg=/user.slice/user-1000.slice/session-3.scope"),
    ),
    Sample(
        "daemons that a service starts and that detached themselves, like dnsmasq of a network agent",
        _MAIN
        + _many(
            "{pid} 1 S dnsmasq do_poll sid=650 std=/dev/null cg=/system.slice/kuryr.service fd=socket:[1]",
        ),
    ),
    Sample(
        "keepers of containers after their runtime was restarted",
        "600 1 Ss containerd do_epoll_wait looked cg=/system.slice/containerd.service\n"
        + _many("{pid} 1 Sl containerd-shim do_epoll_wait sid=550 cg=/system.slice/containerd.service"),
    ),
    Sample(
        "too few to be a leak",
        _MAIN + _many("{pid} 1 S kuryr-worker pipe_read sid=650 cg=/system.slice/kuryr.service", 4),
    ),
)
