"""`nr notify`, as typed, to a real mail server and a real webhook."""

import threading
from datetime import UTC, datetime

from nornir_hygiene.models.finding import Severity
from tests.cli.command import Home, closed_port
from tests.cli.notified import FILE, Done, Nr, an_hour_later, receivers, seen
from tests.cli.receivers import SECRET, Mailbox, Webhook
from tests.history.causes import OSD, hung, osd_audit
from tests.history.stories import BEGUN, audit, finding, host


def test_300_hosts_with_one_cause_are_one_message(nr: Nr, hook: Webhook) -> None:
    seen(osd_audit(0, 300))
    done = nr()
    assert (done.returncode, done.stderr) == (0, "")
    (message,) = hook.got
    assert message["title"] == f"nr: 1 new cause on 300 hosts: {OSD}"
    assert done.stdout == f"storage (json): {message['title']}\n"
    body = message["message"]
    assert f"new critical  {OSD} is stopped: 300 findings on 300 hosts" in body
    assert "on 300 hosts: w000, w001," in body
    assert "and 288 more" in body
    assert "since 2026-11-01 00:00Z" in body
    assert "restores: Continue the process (SIGCONT)." in body
    assert "nr explain rbd-io-hang" in body
    assert "nr report" in body
    assert len(body) < 1500


def test_forty_findings_behind_one_device_of_a_host_are_one_cause(nr: Nr, hook: Webhook) -> None:
    seen(audit(0, host("w1", *(finding("w1", f"task{number}") for number in range(40)))))
    assert nr().returncode == 0
    (message,) = hook.got
    assert message["title"] == "nr: 1 new cause on 1 host: w1: an OSD"
    assert "cause not established: w1: an OSD: 40 findings" in message["message"]


def test_many_news_are_one_message_with_the_worst_first(nr: Nr, hook: Webhook) -> None:
    others = [host(f"x{number:02}", finding(f"x{number:02}")) for number in range(15)]
    seen(osd_audit(0, 3, *others))
    assert nr().returncode == 0
    (message,) = hook.got
    assert message["title"] == f"nr: 16 new causes on 18 hosts: {OSD} and 15 more"
    assert message["message"].startswith(f"new critical  {OSD}")
    assert "and 6 more causes" in message["message"]


def test_nothing_new_is_no_message(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(osd_audit(0, 3))
    nr()
    seen(osd_audit(15, 3))
    an_hour_later(project)
    assert nr().stdout == "storage: nothing to tell\n"
    assert len(hook.got) == 1


def test_what_flaps_within_the_interval_costs_no_second_message(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(osd_audit(0, 3))
    nr()
    for minute in (5, 15, 25):
        seen(osd_audit(minute, 0, fleet=3), osd_audit(minute + 5, 3))
        assert nr().stdout == "storage: nothing to tell\n"
    seen(osd_audit(40, 0, fleet=3))
    assert nr().stdout == "storage: nothing to tell\n"
    assert len(hook.got) == 1
    an_hour_later(project)
    nr()
    assert [message["title"] for message in hook.got[1:]] == [f"nr: 1 gone cause: {OSD}"]


def test_worse_is_told_when_the_interval_is_over(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(osd_audit(0, 2, severity=Severity.WARNING))
    nr()
    seen(osd_audit(15, 2, severity=Severity.CRITICAL))
    assert nr().stdout == "storage: nothing to tell\n"
    an_hour_later(project)
    nr()
    seen(osd_audit(30, 40))
    an_hour_later(project)
    nr()
    assert [message["title"] for message in hook.got[1:]] == [
        f"nr: 1 worse cause on 2 hosts: {OSD}",
        f"nr: 1 worse cause on 40 hosts: {OSD}",
    ]
    assert "warning on 2 hosts" in hook.got[1]["message"]


def test_gone_is_told_once_and_a_return_is_new(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(osd_audit(0, 3))
    nr()
    an_hour_later(project)
    seen(osd_audit(15, 0, fleet=3))
    nr()
    nr()
    an_hour_later(project)
    seen(osd_audit(30, 3))
    nr()
    assert [message["title"] for message in hook.got] == [
        f"nr: 1 new cause on 3 hosts: {OSD}",
        f"nr: 1 gone cause: {OSD}",
        f"nr: 1 new cause on 3 hosts: {OSD}",
    ]
    assert "it was critical on 3 hosts" in hook.got[1]["message"]


def test_a_receiver_hears_only_of_its_hosts_severity_and_changes(nr: Nr, hook: Webhook, project: Home) -> None:
    project.inventory(closed_port(), "w000", "w001", group="workers")
    receivers(
        project,
        "receivers:\n"
        "  - {name: storage, url: {env: NR_STORAGE}, groups: [workers], tell: [new]}\n"
        "  - {name: quiet, url: {env: NR_STORAGE}, hosts: [w001], from_severity: critical, tell: [gone]}\n",
    )
    seen(osd_audit(0, 5, host("w900", finding("w900"))))
    done = nr()
    assert done.stdout == f"storage (json): nr: 1 new cause on 2 hosts: {OSD}\nquiet: nothing to tell\n"
    seen(osd_audit(15, 0, fleet=5))
    an_hour_later(project)
    done = nr()
    assert done.stdout == f"storage: nothing to tell\nquiet (json): nr: 1 gone cause: {OSD}\n"


def test_suppressed_findings_are_not_told_and_their_end_neither(nr: Nr, hook: Webhook, project: Home) -> None:
    file = project.project / "suppressions.yaml"
    entry = "- {kind: rbd-io-hang, host: 'w*', reason: known, owner: anna, expires: 2999-01-01}\n"
    file.write_text(entry)
    seen(osd_audit(0, 3))
    assert nr().stdout == "storage: nothing to tell\n"
    file.unlink()
    nr()
    file.write_text(entry)
    an_hour_later(project)
    assert nr().stdout == "storage: nothing to tell\n"
    assert len(hook.got) == 1


def test_an_audit_somebody_interrupted_tears_no_cause_apart(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(osd_audit(0, 3))
    nr()
    cut = osd_audit(15, 3).model_copy(update={"interrupted": True, "causes": ()})
    seen(cut)
    an_hour_later(project)
    assert nr().stdout == "storage: nothing to tell\n"


def test_without_the_saved_run_the_words_of_the_history_are_told(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(audit(0, host("w1", hung("w1"))))
    for path in project.runs.iterdir():
        path.unlink()
    assert nr().returncode == 0
    assert hook.got[0]["title"] == "nr: 1 new cause on 1 host: w1: rbd-io-hang device rbd3"


def test_a_receiver_that_fails_is_tried_again_and_costs_the_others_nothing(
    nr: Nr, hook: Webhook, box: Mailbox, project: Home
) -> None:
    receivers(project, FILE + "  - {name: mail, url: {env: NR_MAIL}}\n  - {name: lost, url: {env: NR_LOST}}\n")
    seen(osd_audit(0, 3))
    hook.status = 503
    lost = f"json://anna:{SECRET}@127.0.0.1:{closed_port()}/{SECRET}"
    done = nr("notify", NR_MAIL=box.url, NR_LOST=lost)
    assert done.returncode == 4
    assert done.stdout == f"mail (mailto): nr: 1 new cause on 3 hosts: {OSD}\n"
    assert "storage (json) was not told: it answered with HTTP 503" in done.stderr
    assert "lost (json) was not told: connection refused" in done.stderr
    hook.status = 200
    done = nr("notify", NR_MAIL=box.url, NR_LOST=lost)
    assert (done.returncode, len(hook.got), len(box.got)) == (4, 2, 1)
    assert "mail: nothing to tell" in done.stdout


def test_a_mail_has_one_subject_and_a_plain_body(nr: Nr, box: Mailbox) -> None:
    seen(osd_audit(0, 300))
    assert nr("notify", NR_STORAGE=box.url).returncode == 0
    (mail,) = box.got
    assert mail["Subject"] == f"nr: 1 new cause on 300 hosts: {OSD}"
    assert mail.get_content_type() == "text/plain"
    assert "and 288 more" in mail.get_content()


def test_what_hosts_call_themselves_gets_into_no_header_and_calls_nobody(nr: Nr, box: Mailbox, hook: Webhook) -> None:
    evil = "osd\r\nBcc: evil@example.org\r\n\r\n<!channel> @everyone http://evil.example \x1b[2J\u202e"
    found = hung("w1", behind=evil).model_copy(update={"restores": evil})
    seen(audit(0, host("w1", found)))
    assert nr("notify", NR_STORAGE=box.url).returncode == 0
    (mail,) = box.got
    assert "Bcc" not in mail
    assert mail.get_all("To") == ["ops@example.org"]
    text = f"{mail['Subject']}\n{mail.get_content()}"
    for raw in ("\x1b", "\u202e", "<!channel", "@everyone", "http://"):
        assert raw not in text
    assert "osd\\x0d\\x0aBcc" in str(mail["Subject"])
    assert not [line for line in text.splitlines() if line.startswith("Bcc")]


def test_a_dry_run_shows_all_and_sends_and_remembers_nothing(nr: Nr, hook: Webhook) -> None:
    seen(osd_audit(0, 300))
    for _ in range(2):
        done = nr("notify", "--dry-run", NR_STORAGE="")
        assert done.stdout.startswith(f"storage would be told: nr: 1 new cause on 300 hosts: {OSD}\n  new critical")
        assert (done.returncode, hook.got) == (0, [])
    assert nr().returncode == 0
    assert len(hook.got) == 1


def test_two_at_once_send_one_message(nr: Nr, hook: Webhook) -> None:
    seen(osd_audit(0, 300))
    done: list[Done] = []
    threads = [threading.Thread(target=lambda: done.append(nr())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.returncode for one in done] == [0, 0, 0]
    assert len(hook.got) == 1


def test_a_digest_comes_once_and_whenever_it_is_asked_for(nr: Nr, hook: Webhook, project: Home) -> None:
    receivers(project, FILE + "    digest: daily\n  - {name: other, url: {env: NR_STORAGE}, from_severity: critical}\n")
    an_hour_ago = (datetime.now(UTC) - BEGUN).total_seconds() // 60 - 60
    seen(osd_audit(an_hour_ago, 1, severity=Severity.WARNING, fleet=2))
    done = nr()
    digest = "nr digest: 1 warning, 1 new; 2 of 2 hosts seen (all hosts)"
    assert [message["title"] for message in hook.got] == [f"nr: 1 new cause on 1 host: {OSD}", digest]
    for words in ("2 hosts: 1 clean, 1 with findings", "1 open finding on 1 host", f"{OSD} is stopped", "w000  rbd-io"):
        assert words in hook.got[1]["message"]
    assert done.stdout.splitlines()[-1] == "other: nothing to tell"
    assert nr().stdout == "storage: nothing to tell\nother: nothing to tell\n"
    done = nr("notify", "--digest")
    assert [message["title"] for message in hook.got[2:]] == [digest]
    assert done.stdout.splitlines()[-1] == "other: nothing to tell"


def test_a_digest_that_fails_is_due_again(nr: Nr, hook: Webhook, project: Home) -> None:
    receivers(project, FILE + "    digest: weekly\n")
    hook.status = 500
    assert nr().returncode == 4
    hook.status = 200
    assert nr().returncode == 0
    assert [message["title"].split(" since")[0] for message in hook.got] == ["nr digest: no audit"] * 2


def test_an_audit_tells_afterwards_when_asked_to(nr: Nr, hook: Webhook, project: Home) -> None:
    seen(osd_audit(0, 3))
    folder = project.inventory(closed_port(), "w900")
    done = nr("run", "audit", "--notify", "--inventory", str(folder), "-o", "json")
    assert done.returncode == 3
    assert [message["title"] for message in hook.got] == [f"nr: 1 new cause on 3 hosts: {OSD}"]


def test_a_failure_to_tell_costs_an_audit_a_warning(nr: Nr, project: Home) -> None:
    seen(osd_audit(0, 3))
    folder = project.inventory(closed_port(), "w900")
    audited = ("run", "audit", "--notify", "--inventory", str(folder), "-o", "json")
    done = nr(*audited, NR_STORAGE=f"json://anna:{SECRET}@127.0.0.1:1/")
    assert (done.returncode, '"w900"' in done.stdout) == (3, True)
    assert "nr: warning: storage (json) was not told: connection refused" in done.stderr
    assert SECRET not in done.stderr
    receivers(project, "receivers: 3\n")
    done = nr(*audited)
    assert (done.returncode, '"w900"' in done.stdout) == (3, True)
    assert "nr: warning: nobody was told" in done.stderr


def test_only_the_audit_can_tell(nr: Nr, project: Home) -> None:
    done = nr("run", "record", "--notify")
    assert done.returncode == 2
    assert "--notify belongs to the audit" in done.stderr
