import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import build


def test_the_same_files_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    files = {"b.py": b"print(2)\n", "a.py": b"print(1)\n"}
    one, two = tmp_path / "one.tar.gz", tmp_path / "two.tar.gz"
    build.pack(files, one)
    build.pack(dict(reversed(files.items())), two)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as tar:
        assert [(entry.name, entry.mtime, entry.uid, entry.uname) for entry in tar] == [("a.py", 0, 0, ""), ("b.py", 0, 0, "")]


def test_the_digest_sees_names_and_contents() -> None:
    same = build.digest({"a": b"1", "b": b"2"})
    assert same == build.digest({"b": b"2", "a": b"1"})
    assert same not in {build.digest({"a": b"1", "b": b"3"}), build.digest({"a": b"1", "c": b"2"}), build.digest({"a": b"12", "b": b""})}


@pytest.mark.parametrize("lock", sorted((build.HERE / "locks").glob("wheels-*.txt")), ids=lambda path: path.stem)
def test_the_job_installs_from_its_own_wheels_only(lock: Path) -> None:
    lines = build.requirements(lock.read_text()).decode().splitlines()
    assert lines[:2] == ["--no-index", "--find-links wheels"]
    assert [line.split("==")[0] for line in lines[2:]] == ["onnx", "onnxruntime", "skl2onnx"]
    assert all("--hash=sha256:" in line for line in lock.read_text().splitlines() if not line.startswith("#"))


def test_the_tarball_carries_the_whole_package() -> None:
    names = set(build.sources())
    assert {"train.py", "sluice_training/__init__.py", "sluice_training/job.py"} <= names
    assert not [name for name in names if "test" in name or "__pycache__" in name]


def test_a_python_without_locked_wheels_is_refused() -> None:
    done = subprocess.run([sys.executable, build.HERE / "build.py", "--python-version", "3.8"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no wheels are locked for Python 3.8; choose --python-version from 3.11, 3.12, 3.13" in done.stderr
