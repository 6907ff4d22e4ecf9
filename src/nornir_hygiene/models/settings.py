"""What can be set per host or group under `data: nornir_hygiene:` in the inventory."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from nornir_hygiene.models.frozen import Frozen

SshKeyword = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9]*$")]


class Thresholds(Frozen):
    """Every threshold of the diagnosis: one named field with default, unit and reason."""

    blocked_info_s: float = Field(10.0, ge=0, description="D shorter than this is not even mentioned")
    blocked_warning_s: float = Field(30.0, ge=0, description="D shorter than this is normal I/O: at most info")
    blocked_critical_s: float = Field(120.0, ge=0, description="the kernel's own hung-task limit")
    zombie_warning_s: float = Field(30.0, ge=0, description="a parent may be slow to wait; a minute is not slow")
    zombie_min_count: int = Field(1, ge=1, description="fewer zombies under one parent than this are not reported")
    zombie_few_count: int = Field(
        3, ge=1, description="fewer under a parent that handles SIGCHLD: a signal was lost, which costs a pid or two"
    )
    zombie_critical_count: int = Field(500, ge=1, description="this many zombies eat a visible share of pid_max 32768")
    orphan_min_count: int = Field(5, ge=2, description="fewer orphans of one comm and origin than this are not a leak")
    orphan_min_signs: int = Field(3, ge=3, description="independent signs needed; a daemon shows at most two")
    pids_warning_pct: float = Field(90.0, gt=0, le=100, description="share of a pids limit in use")
    stopped_warning_s: float = Field(30.0, ge=0, description="a daemon stopped longer than this serves nobody")
    stopped_job_info_s: float = Field(300.0, ge=0, description="a job stopped at a terminal is somebody's pause")
    traced_info_s: float = Field(30.0, ge=0, description="a tracer holds a process for moments at a time")
    traced_warning_s: float = Field(300.0, ge=0, description="longer than a person steps through a program")
    settled_s: float = Field(60.0, ge=0, description="a container younger than this may still be starting")
    outside_parent_info_s: float = Field(300.0, ge=0, description="an exec probe or a look into a container is shorter")
    runtime_restart_recent_s: float = Field(86400.0, ge=0, description="a restart longer ago did its harm or none")
    pid_space_warning_pct: float = Field(80.0, gt=0, le=100, description="share of pid_max or threads-max in use")
    pid_space_critical_pct: float = Field(95.0, gt=0, le=100, description="beyond this not even ssh gets in")
    full_within_h: float = Field(
        72.0, gt=0, le=8760, description="hours until a limit that grows is used up; a weekend must fit in between"
    )
    load_min: float = Field(4.0, ge=1, description="a lower load average is nobody's question")
    load_blocked_share_pct: float = Field(50.0, gt=0, le=100, description="share of blocked tasks that makes it theirs")
    throttled_info_pct: float = Field(10.0, gt=0, le=100, description="share of periods; a start or a burst uses less")
    throttled_warning_pct: float = Field(25.0, gt=0, le=100, description="share of periods; users feel every fourth")
    throttled_min_periods: int = Field(5, ge=1, description="fewer periods between two samples are chance")
    starved_info_pct: float = Field(40.0, gt=0, le=100, description="share of time; a busy neighbour alone costs less")
    starved_warning_pct: float = Field(80.0, gt=0, le=100, description="share of time; users feel a fifth of a CPU")
    starved_share_pct: float = Field(
        20.0, gt=0, le=100, description="share of the CPU its weight gives it beside busy ones; more is no starvation"
    )
    iowait_min_pct: float = Field(20.0, gt=0, le=100, description="share of CPU time; a busy disk at work shows less")
    iowait_warning_pct: float = Field(
        80.0, gt=0, le=100, description="share of CPU time; a backup on an idle host may well wait half of it"
    )
    io_pressure_min_pct: float = Field(
        80.0, gt=0, le=100, description="share of time some task waits for I/O, where busy CPUs leave no iowait to see"
    )
    io_min_mib_s: float = Field(
        0.5, gt=0, description="a disk that seeks for each page does this; less is hung or idle"
    )
    io_share_pct: float = Field(25.0, gt=0, le=100, description="share of all bytes seen that makes somebody a culprit")


class HostSettings(Frozen):
    """How one host is reached and judged; groups and defaults are merged key by key before this is built."""

    transport: Literal["paramiko", "openssh", "netmiko"] = "paramiko"
    sudo: bool = False
    known_hosts: Path | None = None
    identity_file: Path | None = None
    use_agent: bool = True
    ssh_config: Path | None = None
    ssh_options: dict[SshKeyword, str] = Field(
        {}, description="openssh: further options as in ssh_config(5); what nr itself sets stays"
    )
    multiplex_s: int = Field(
        0, ge=0, description="openssh: keep a shared connection this long; 0 leaves ssh_config alone"
    )
    cluster_group: str = Field(
        "ceph", description="the group whose hosts are asked, in a second round, why this host's rbd devices hang"
    )
    kubernetes_admin: str = Field(
        "", description="the inventory host that has kubectl and the rights for this host's cluster; empty: none"
    )
    max_output_bytes: int = Field(16 * 1024 * 1024, ge=65536)
    pass_deadline_s: float = Field(3.0, gt=0, description="how long one pass over /proc may take on the host")
    thresholds: Thresholds = Thresholds()
