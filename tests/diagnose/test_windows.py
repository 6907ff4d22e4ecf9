"""What is said about two samples: quotas and readers, in words a person can act on."""

from nornir_hygiene.models.finding import Severity
from tests.diagnose.snapshots import fact, findings_of, kinds_of, the_finding

POD = "/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef"
CONTAINER = f"{POD}/{'a' * 64}"
OTHER = "/kubepods/burstable/podffffffff-89ab-cdef-0123-456789abcdef"
WAITS = "iowait 87 idle=10 pressure=99 busy=100\n"
UNIT = "cg=/system.slice/etl.service"


def test_a_held_container_is_named_with_its_limit_as_cpus_and_its_share_of_periods() -> None:
    finding = the_finding(f"quota {CONTAINER} 50000/100000 lately=8/10 weight=512", "cpu-throttled")
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, f"cgroup {CONTAINER}")
    assert finding.container == f"pod 01234567-89ab-cdef-0123-456789abcdef, container {'a' * 12}"
    assert "0.5 CPU" in finding.summary
    assert fact(finding, "periods in which it was held") == "8 of 10 (80 %)"
    assert fact(finding, "held, ms per s") == "480 (summed over CPUs)"
    assert fact(finding, "weight") == "512 (cpu.shares, 1024 is normal)"
    assert "not D" in (fact(finding, "state of its tasks") or "")


def test_of_a_chain_the_one_held_most_often_is_told() -> None:
    text = f"quota {POD} 60000/100000 lately=3/10\nquota {CONTAINER} 50000/100000 lately=9/10\nquota /x 1/2 lately=5/10"
    assert [finding.subject.name for finding in findings_of(text)] == [CONTAINER, "/x"]


def test_a_starved_pod_is_told_with_its_weight_its_neighbour_and_no_quota() -> None:
    text = f"share {POD} 1 used=2 starved=97\nshare {CONTAINER} 100 used=2 starved=97\nshare {OTHER} 100 used=190"
    finding = the_finding(text, "cpu-throttled")
    assert (finding.severity, str(finding.subject)) == (Severity.WARNING, f"cgroup {POD}")
    assert finding.container == "pod 01234567-89ab-cdef-0123-456789abcdef"
    assert finding.cause.name == f"CPU weight 1 of {POD} beside pod ffffffff-89ab-cdef-0123-456789abcdef"
    assert "used 1.90 CPU; no quota held it" in finding.cause.because
    assert fact(finding, "weight") == "1 (cpu.weight, 100 is normal)"
    assert fact(finding, "share of the CPU by weight") == "1.0 %"
    assert fact(finding, "starved cgroups in it") == "1"


def test_pods_that_starve_together_are_told_where_they_lose_together() -> None:
    pods = "\n".join(
        f"share /kubepods/besteffort/{name} 1 used=1 starved={90 + place}" for place, name in enumerate("abc")
    )
    text = f"share /kubepods/besteffort 1 used=3 starved=70\nshare /kubepods/burstable 60 used=370\n{pods}"
    finding = the_finding(text, "cpu-throttled")
    assert finding.subject.name == "/kubepods/besteffort"
    assert finding.summary.startswith("/kubepods/besteffort/c wants CPU and gets 0.01 CPU: 92 % of the time")
    assert fact(finding, "starved cgroups in it") == "3"


def test_who_waits_for_the_next_period_of_its_quota_is_not_said_to_lose_by_weight() -> None:
    text = f"share {POD} 1 used=2 starved=97\nshare {OTHER} 100 used=190\nquota {CONTAINER} 5000/100000 lately=9/10"
    assert "CPU limit" in the_finding(text, "cpu-throttled").cause.name


def test_readers_are_summed_per_unit_and_program_whatever_their_pids() -> None:
    rows = "\n".join(f"io {pid} 700 reader 100 {UNIT}" for pid in range(701, 704))
    finding = the_finding(f"{WAITS}io 700 1 etl 50 {UNIT}\n{rows}", "iowait-readers")
    assert str(finding.subject) == "disk-io etl.service"
    assert finding.summary == "reader, etl (etl.service) reads 350.0 MiB/s while the CPUs are 87 % in iowait."
    assert fact(finding, "all reader") == "300.0 MiB/s by 3 processes"
    assert fact(finding, "reader, pid 701, parent 700") == "100.0 MiB/s"
    assert (fact(finding, "disk vda") or "").endswith("busy 100 %")


def test_direct_io_is_said_where_the_stack_shows_it() -> None:
    stack = "701 700 D reader iomap_dio_rw age=0.1 stack=iomap_dio_rw<ext4_file_read_iter"
    finding = the_finding(f"{WAITS}io 700 1 reader 50 {UNIT}\nio 701 700 reader 100 {UNIT}\n{stack}", "iowait-readers")
    told = fact(finding, "direct I/O, past the page cache")
    assert told == "iomap_dio_rw on the stack of reader (pid 701)"
    cached = the_finding(f"{WAITS}io 700 1 reader 50 {UNIT}", "iowait-readers")
    assert fact(cached, "direct I/O, past the page cache") is None


def test_two_culprits_are_two_findings_and_the_rest_is_none() -> None:
    others = "io 800 1 backup 0 200 cg=/system.slice/b.service\nio 900 1 log 0 1 cg=/system.slice/log.service"
    found = findings_of(f"{WAITS}io 700 1 reader 300 {UNIT}\n{others}")
    assert {finding.subject.name for finding in found} == {"etl.service", "b.service"}


def test_below_half_of_the_time_it_is_information() -> None:
    text = f"iowait 30 idle=60\nio 700 1 reader 300 {UNIT}"
    assert the_finding(text, "iowait-readers").severity is Severity.INFO


def test_without_two_samples_nothing_is_said() -> None:
    assert kinds_of(f"io 700 1 reader 300 {UNIT}") == []
