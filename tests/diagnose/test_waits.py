"""The catalogue: its samples, its spellings, and that it never guesses."""

import pytest
from pydantic import ValidationError

from nornir_hygiene.diagnose.symbols import canonical, frame_symbol
from nornir_hygiene.diagnose.waits import WaitCatalogue, WaitFamily, WaitLook
from tests.diagnose.snapshots import shipped_catalogue

_FAMILIES = shipped_catalogue().families
_MATCHES = [pytest.param(family, text, id=f"{family.id}: {text}") for family in _FAMILIES for text in family.matches]
_SPARES = [pytest.param(family, text, id=f"{family.id}: {text}") for family in _FAMILIES for text in family.spares]


def _name(text: str) -> str:
    return shipped_catalogue().recognise(WaitLook.from_text(text)).name


@pytest.mark.parametrize(("family", "text"), _MATCHES)
def test_a_family_matches_its_samples(family: WaitFamily, text: str) -> None:
    assert _name(text) == family.id


@pytest.mark.parametrize(("family", "text"), _SPARES)
def test_a_family_spares_its_samples(family: WaitFamily, text: str) -> None:
    assert _name(text) != family.id


def test_every_row_of_the_facts_sheet_has_an_entry() -> None:
    assert {row for family in _FAMILIES for row in family.rows} == set(range(1, 99))


def test_every_name_leads_back_to_a_family_under_the_conditions_the_family_sets() -> None:
    lost = [
        (family.id, symbol)
        for family in _FAMILIES
        if family.wait_class != "generic" and not family.frozen_sleepers
        for symbol in family.symbols
        if family.id not in _reachable(family, symbol.replace("*", "_x"))
    ]
    assert lost == []


def _reachable(family: WaitFamily, symbol: str) -> set[str]:
    comm = family.comms[0].replace("*", "x") if family.comms else "x"
    stack = (symbol, *family.beneath[:1])
    looks = (
        WaitLook(state=state, wchan=symbol, comm=comm, kernel_thread=kernel_thread, stack=stack)
        for state in family.states
        for kernel_thread in (family.kernel_thread is True, family.kernel_thread is not False)
    )
    return {shipped_catalogue().recognise(look).name for look in looks}


@pytest.mark.parametrize(
    ("printed", "kernel"),
    [
        ("refrigerator", "__refrigerator"),
        ("fork", "do_fork"),
        ("do_fork", "_do_fork"),
        ("wait", "do_wait"),
        ("sys_poll", "do_sys_poll"),
        ("poll_schedule_timeout.constprop.0", "poll_schedule_timeout"),
        ("mutex_lock.isra.0", "__mutex_lock"),
        ("get_write_access", "do_get_write_access"),
        (".blk_mq_get_tag.part.3", "blk_mq_get_tag"),
        ("xlog_wait.cold", "xlog_wait"),
    ],
)
def test_what_ps_prints_and_what_the_kernel_calls_it_are_one(printed: str, kernel: str) -> None:
    assert canonical(printed) == canonical(kernel)


@pytest.mark.parametrize(
    ("line", "symbol"),
    [
        ("[<0>] folio_wait_bit_common+0x136/0x330", "folio_wait_bit_common"),
        ("[<ffffffff8119b2c0>] jbd2_log_wait_commit+0x9d/0x120 [jbd2]", "jbd2_log_wait_commit"),
        ("do_wait", "do_wait"),
        ("", ""),
        ("[<0>]", "[<0>]"),
    ],
)
def test_a_line_of_the_kernel_stack_gives_its_function(line: str, symbol: str) -> None:
    assert frame_symbol(line) == symbol


def test_without_a_wait_channel_the_stack_tells_past_the_ways_of_sleeping() -> None:
    stack = (
        "[<0>] __schedule+0x1/0x2",
        "[<0>] io_schedule+0x1/0x2",
        "[<0>] bit_wait_io+0x1",
        "[<0>] __wait_on_buffer+0x2",
    )
    wait = shipped_catalogue().recognise(WaitLook(state="D", wchan=None, stack=stack))
    assert wait.name == "buffer-io"
    assert wait.symbol == "__wait_on_buffer"


def test_an_unknown_frame_is_not_passed_over_for_a_known_one_further_out() -> None:
    assert _name("D new_thing < new_thing < folio_wait_bit_common") == "unknown (new_thing)"


def test_nothing_visible_is_unknown() -> None:
    assert _name("D -") == "unknown"


def test_a_lock_whose_purpose_is_not_visible_says_so() -> None:
    wait = shipped_catalogue().recognise(WaitLook.from_text("D __mutex_lock.isra.0"))
    assert (wait.name, wait.waits_for) == ("sleep-primitive", "unclear")


def test_a_user_process_cannot_pass_for_an_idle_kernel_thread() -> None:
    assert shipped_catalogue().recognise(WaitLook(state="D", wchan="worker_thread", comm="kworker/0:1")).family is None


def test_a_misspelt_field_and_a_family_given_twice_are_refused() -> None:
    family = _FAMILIES[0].model_dump(by_alias=True)
    with pytest.raises(ValidationError, match="meanning"):
        WaitCatalogue.model_validate({"families": [family | {"meanning": "x"}]})
    with pytest.raises(ValidationError, match=f"given twice: {_FAMILIES[0].id}"):
        WaitCatalogue.model_validate({"families": [family, family]})
    with pytest.raises(ValidationError, match="not a sample"):
        WaitCatalogue.model_validate({"families": [family | {"matches": ["nonsense"]}]})


def test_a_catalogue_is_joined_of_its_files() -> None:
    parts = [WaitCatalogue(families=(family,)) for family in _FAMILIES[:3]]
    assert WaitCatalogue.joined(parts).families == _FAMILIES[:3]


def test_where_the_wait_channel_is_a_caller_the_frames_within_it_say_what_is_waited_for() -> None:
    """EL8 walks its stacks as if they had frame pointers: the channel may be named several frames too far out."""
    stack = ("wait_on_page_bit_common", "generic_file_read_iter", "blkdev_read_iter", "vfs_read")
    wait = shipped_catalogue().recognise(WaitLook(state="D", wchan="blkdev_read_iter", stack=stack))
    assert (wait.name, wait.symbol) == ("page-io", "wait_on_page_bit_common")
    outer = shipped_catalogue().recognise(WaitLook(state="D", wchan="folio_wait_bit", stack=("odd", "folio_wait_bit")))
    assert outer.name == "page-io"
