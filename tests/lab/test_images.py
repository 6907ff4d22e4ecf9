"""Images that are built ahead, beside other work: nobody waits for one he has, and what cannot be built is said."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nornir_hygiene.errors import LabUnavailable
from nornir_hygiene.lab import image, images, needs
from nornir_hygiene.lab.places import image_cache
from nornir_hygiene.lab.vm import image as vm_image


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of images of our own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    image_cache().mkdir(parents=True)
    return image_cache()


def draft(folder: Path) -> Path:
    (folder / "building-x").mkdir()
    return folder / "building-x"


def test_who_has_his_image_does_not_wait_for_the_builder_of_another(cache: Path) -> None:
    built = image.cached("image-1", draft)
    assert built == cache / "image-1"
    with ThreadPoolExecutor() as pool, (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert pool.submit(image.cached, "image-1", draft).result(timeout=20) == built
        other = pool.submit(image.cached, "image-2", draft)
        with pytest.raises(TimeoutError):
            other.result(timeout=0.5)
        fcntl.flock(lock, fcntl.LOCK_UN)
        assert other.result(timeout=20) == cache / "image-2"


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was built and how meekly, instead of building it."""
    done: list[str] = []
    monkeypatch.setattr(os, "nice", lambda step: done.append(f"nice {step}"))
    monkeypatch.setattr(needs, "require", lambda *, vms=False: None)
    monkeypatch.setattr(image, "ensure", lambda: done.append("hosts"))
    monkeypatch.setattr(vm_image, "ensure", lambda: done.append("virtual hosts"))
    return done


def test_the_image_that_is_needed_first_is_built_first(built: list[str]) -> None:
    images.main()
    assert built == ["nice 10", "hosts", "virtual hosts"]


def test_a_machine_that_cannot_run_virtual_hosts_is_told_so_and_has_the_other_image(
    built: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_vms(*, vms: bool = False) -> None:
        if vms:
            raise LabUnavailable("it needs an x86-64 processor")

    monkeypatch.setattr(needs, "require", no_vms)
    images.main()
    assert built == ["nice 10", "hosts"]
    assert "it needs an x86-64 processor" in capsys.readouterr().err
