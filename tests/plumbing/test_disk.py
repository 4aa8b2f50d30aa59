from __future__ import annotations

import errno
import gzip
import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from plumbing.disk import gzip_size, sha256_of, whole_file, whole_folder, write_csv
from plumbing.paths import ROOT

STOPS = [KeyboardInterrupt, SystemExit, RuntimeError, OSError]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def killed(program: str) -> None:
    """Run a program that kills itself by SIGKILL."""
    lines = "import os, signal\nfrom pathlib import Path\nfrom plumbing.disk import *\n" + program
    done = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, check=False)
    assert done.returncode == -9


KILL = "os.kill(os.getpid(), signal.SIGKILL)"


def test_a_file_appears_whole_and_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    with whole_file(path) as temporary:
        temporary.write_bytes(b"half")
        assert not path.exists()
        assert temporary.parent == tmp_path
        assert temporary.suffix == ".bin"
        temporary.write_bytes(b"whole")
    assert path.read_bytes() == b"whole"
    assert names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("stop", STOPS)
def test_a_file_broken_off_leaves_nothing(tmp_path: Path, stop: type[BaseException]) -> None:
    with pytest.raises(stop), whole_file(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"half")
        raise stop
    assert names(tmp_path) == []


def test_a_file_broken_off_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt), whole_file(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"half")
        raise KeyboardInterrupt
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"old and longer")
    with whole_file(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"new")
    assert (tmp_path / "a.bin").read_bytes() == b"new"


def test_a_file_that_cannot_be_placed_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.bin").mkdir()
    with pytest.raises(IsADirectoryError), whole_file(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"new")
    assert names(tmp_path) == ["a.bin"]


def test_errors_of_the_system_name_the_final_file_or_folder(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "no space")
    with pytest.raises(OSError, match="no space") as caught, whole_file(tmp_path / "a.bin"):
        raise full
    assert caught.value.filename == str(tmp_path / "a.bin")
    with pytest.raises(FileNotFoundError) as missing, whole_folder(tmp_path / "run") as temporary:
        (temporary / "not" / "there").write_bytes(b"")
    assert missing.value.filename == str(tmp_path / "run")
    with pytest.raises(FileNotFoundError) as other, whole_file(tmp_path / "a.bin"):
        (tmp_path / "read.me").read_bytes()
    assert other.value.filename == str(tmp_path / "read.me")


def test_a_killed_file_leaves_nothing_of_that_name_and_is_cleaned_up(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    killed(f"with whole_file(Path({str(path)!r})) as t:\n t.write_bytes(b'half')\n {KILL}")
    assert not path.exists()
    assert len(names(tmp_path)) == 1
    with whole_file(path) as temporary:
        temporary.write_bytes(b"whole")
    assert names(tmp_path) == ["a.bin"]


def test_a_folder_appears_whole_with_its_parents(tmp_path: Path) -> None:
    path = tmp_path / "up" / "there" / "run"
    with whole_folder(path) as temporary:
        (temporary / "deep").mkdir()
        (temporary / "deep" / "a.bin").write_bytes(b"1")
        assert not path.exists()
    assert (path / "deep" / "a.bin").read_bytes() == b"1"
    assert names(path.parent) == ["run"]


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("replace", [False, True])
def test_a_folder_broken_off_leaves_things_as_they_were(
    tmp_path: Path, stop: type[BaseException], replace: bool
) -> None:
    path = tmp_path / "run"
    if replace:
        path.mkdir()
        (path / "old").write_bytes(b"old")
    with pytest.raises(stop), whole_folder(path, replace=replace) as temporary:
        (temporary / "new").write_bytes(b"half")
        raise stop
    assert names(tmp_path) == (["run"] if replace else [])
    assert not replace or names(path) == ["old"]


def test_a_folder_is_not_replaced_by_default(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(FileExistsError, match="run already exists"), whole_folder(tmp_path / "run"):
        pass
    assert names(tmp_path) == ["run"]


def test_a_folder_is_replaced_with_nothing_of_the_old_one_left(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "old").write_bytes(b"old")
    with whole_folder(tmp_path / "run", replace=True) as temporary:
        (temporary / "new").write_bytes(b"new")
    assert names(tmp_path) == ["run"]
    assert names(tmp_path / "run") == ["new"]


def test_a_file_in_the_place_of_a_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "run").write_bytes(b"mine")
    with pytest.raises(NotADirectoryError), whole_folder(tmp_path / "run", replace=True):
        pass
    assert (tmp_path / "run").read_bytes() == b"mine"
    assert names(tmp_path) == ["run"]


def test_a_killed_folder_leaves_nothing_of_that_name_and_is_cleaned_up(tmp_path: Path) -> None:
    path = tmp_path / "run"
    killed(
        f"with whole_folder(Path({str(path)!r})) as t:\n (t / 'a').write_bytes(b'half')\n {KILL}"
    )
    assert not path.exists()
    with whole_folder(path) as temporary:
        assert names(temporary) == []
    assert names(tmp_path) == ["run"]


def test_a_replacement_killed_between_its_two_renames_keeps_the_old_folder(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    (path / "old").write_bytes(b"old")
    # The block's end does the renames; the kill comes when the second one is about to be done.
    killed(
        f"""
import sys
def hook(event, arguments):
    if event == "os.rename" and ".part-old" not in str(arguments[1]):
        {KILL}
sys.addaudithook(hook)
with whole_folder(Path({str(path)!r}), replace=True) as t:
    (t / "new").write_bytes(b"new")
"""
    )
    assert not path.exists()
    with pytest.raises(KeyboardInterrupt), whole_folder(path, replace=True):
        raise KeyboardInterrupt
    assert names(tmp_path) == ["run"]
    assert names(path) == ["old"]
    with whole_folder(path, replace=True) as temporary:
        (temporary / "newer").write_bytes(b"newer")
    assert names(tmp_path) == ["run"]
    assert names(path) == ["newer"]


def test_a_replacement_killed_before_it_removed_the_old_folder_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    (path / "old").write_bytes(b"old")
    killed(
        f"""
import sys
def hook(event, arguments):
    if event == "shutil.rmtree":
        {KILL}
sys.addaudithook(hook)
with whole_folder(Path({str(path)!r}), replace=True) as t:
    (t / "new").write_bytes(b"new")
"""
    )
    assert names(path) == ["new"]
    assert len(names(tmp_path)) == 2
    with whole_folder(path, replace=True) as temporary:
        (temporary / "newer").write_bytes(b"newer")
    assert names(tmp_path) == ["run"]
    assert names(path) == ["newer"]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """`os.fsync` as on Windows, which refuses files that were not opened for writing."""
    fcntl = pytest.importorskip("fcntl")
    real = os.fsync

    def fsync(descriptor: int) -> None:
        reading = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY
        if reading and stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return monkeypatch


@pytest.mark.usefixtures("windows")
def test_what_is_flushed_was_opened_for_writing(tmp_path: Path) -> None:
    with whole_file(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(b"1")
    with whole_folder(tmp_path / "run") as temporary:
        (temporary / "b.bin").write_bytes(b"2")
    write_csv(tmp_path / "c.csv", ("name",), [{"name": "ü"}])
    assert (tmp_path / "c.csv").read_bytes() == "name\r\nü\r\n".encode()
    assert names(tmp_path) == ["a.bin", "c.csv", "run"]


def test_a_read_only_file_may_lie_in_a_folder(tmp_path: Path) -> None:
    with whole_folder(tmp_path / "run") as temporary:
        (temporary / "licence").write_bytes(b"1")
        (temporary / "licence").chmod(0o444)
    assert names(tmp_path / "run") == ["licence"]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"halfsize" * 100_000)
    assert sha256_of(tmp_path / "a") == hashlib.sha256(b"halfsize" * 100_000).hexdigest()


def test_a_table_has_its_columns_even_without_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, ("name", "bytes"), [{"bytes": 3, "name": "a, b"}, {"name": "c", "bytes": ""}])
    assert path.read_bytes() == b'name,bytes\r\n"a, b",3\r\nc,\r\n'
    write_csv(path, ("name", "bytes"), [])
    assert path.read_bytes() == b"name,bytes\r\n"


def test_gzip_sizes_are_those_of_level_9() -> None:
    content = bytes(range(256)) * 40
    assert gzip_size(content) == len(gzip.compress(content, 9, mtime=0)) < len(content)
