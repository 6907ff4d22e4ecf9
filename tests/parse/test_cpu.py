"""CPU quotas of cgroup v2, whose files look otherwise: cpu.max holds quota and period, times are microseconds."""

from nornir_hygiene.parse.cpu import parse_cpu_quotas, parse_cpu_use

A = "/sys/fs/cgroup/a.slice"
QUOTAS = [f"{A}/cpu.max:50000 100000", "/sys/fs/cgroup/b.slice/cpu.max:max 100000", f"{A}/pids.current:4"]


def stat(periods: int, throttled: int, usec: int) -> list[str]:
    numbers = {"nr_periods": periods, "nr_throttled": throttled, "throttled_usec": usec}
    return [f"{A}/cpu.stat:{name} {number}" for name, number in numbers.items()]


def sample(uptime: str, *lines: str) -> list[str]:
    return [f"/proc/uptime:{uptime} 1.00", *lines]


def test_v2_gives_the_same_rate_as_v1() -> None:
    first, second = sample("10.00", f"{A}/cpu.weight:39", *stat(100, 50, 4000)), sample("11.50", *stat(115, 60, 904000))
    (quota,) = parse_cpu_quotas(QUOTAS, first, second)
    assert (quota.path, quota.version, quota.quota_us, quota.period_us, quota.weight) == (
        "/a.slice",
        2,
        50000,
        100000,
        39,
    )
    assert quota.lately is not None
    assert (quota.lately.seconds, quota.lately.periods, quota.lately.throttled) == (1.5, 15, 10)
    assert quota.lately.throttled_ms == 900.0


def test_counters_that_went_back_are_another_group_of_the_same_name_and_give_no_rate() -> None:
    (quota,) = parse_cpu_quotas(QUOTAS, sample("10.00", *stat(100, 50, 9)), sample("11.00", *stat(3, 1, 5)))
    assert quota.lately is None


def test_no_rate_without_time_between_the_samples() -> None:
    cpu = "/proc/stat:cpu  5 0 5 80 10 0 0 0 0 0"
    assert parse_cpu_use(sample("10.00", cpu), sample("10.00", cpu.replace("80", "90"))) is None
    use = parse_cpu_use(sample("10.00", cpu), sample("11.00", "/proc/stat:cpu  10 0 10 90 90 0 0 0 0 0"))
    assert use is not None
    assert (use.idle_pct, use.iowait_pct) == (10.0, 80.0)
