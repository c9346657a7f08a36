"""Packs dist/sourcedir.tar.gz, what SageMaker calls the submit directory: the package, train.py, and the wheels the image lacks.

    python training/build.py                          for a job on this machine's Python
    python training/build.py --python-version 3.12    for AWS's scikit-learn image

Same inputs, same bytes: entries are sorted and carry no time, owner or mode of this machine. Needs only the standard library and pip.
"""

import argparse
import gzip
import hashlib
import io
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parent / ".sluice" / "wheels"
# Newest first; pip takes the first that a wheel offers.
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
ASKED_FOR = ("onnx", "onnxruntime", "skl2onnx")


def sources() -> dict[str, bytes]:
    """The files of the tarball that are written by hand, by their name in it."""
    files = [HERE / "train.py", *sorted((HERE / "sluice_training").glob("*.py"))]
    return {path.relative_to(HERE).as_posix(): path.read_bytes() for path in files}


def requirements(lock: str) -> bytes:
    """What the toolkit installs at the job's start. Only the names at the top: what the image already has stays as it is."""
    pins = [line.split(" ")[0] for line in lock.splitlines() if line.split("==")[0] in ASKED_FOR]
    return "\n".join(["--no-index", "--find-links wheels", *pins, ""]).encode()


def wheels(lock: Path, python_version: str) -> dict[str, bytes]:
    """Downloads the locked wheels once; pip compares each with its hash in the lock."""
    cache = CACHE / hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    if not cache.is_dir():
        partial = cache.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
        command += ["--require-hashes", "--python-version", python_version, "--implementation", "cp", "--dest", str(partial)]
        command += [argument for name in PLATFORMS for argument in ("--platform", name)]
        done = subprocess.run([*command, "--requirement", str(lock)], check=False)
        if done.returncode != 0:
            raise SystemExit(f"pip could not download the wheels of {lock.name}: see its message above; it needs the package index once")
        try:
            partial.rename(cache)
        except OSError:
            # Another build of this clone was faster; the lock's hashes make its wheels the same as ours.
            shutil.rmtree(partial)
    return {f"wheels/{path.name}": path.read_bytes() for path in sorted(cache.glob("*.whl"))}


def digest(files: dict[str, bytes]) -> str:
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{len(files[name])}\0".encode())
        total.update(files[name])
    return total.hexdigest()


def pack(files: dict[str, bytes], target: Path) -> None:
    """Writes the archive beside its place and moves it there, so that a reader never sees half of it."""
    partial = target.with_suffix(".partial")
    # The wheels are compressed already: more than the lowest level only costs time.
    with partial.open("wb") as stream, gzip.GzipFile("", "wb", 1, stream, mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        for name in sorted(files):
            entry = tarfile.TarInfo(name)
            entry.size = len(files[name])
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(files[name]))
    partial.replace(target)


def main() -> None:
    here = ".".join(platform.python_version_tuple()[:2])
    parser = argparse.ArgumentParser(description="Packs the built-in algorithms for a training job.")
    parser.add_argument("--python-version", default=here, help=f"the image's Python (default: this one, {here})")
    parser.add_argument("--out", type=Path, default=HERE / "dist" / "sourcedir.tar.gz")
    given = parser.parse_args()

    lock = HERE / "locks" / f"wheels-{given.python_version}.txt"
    if not lock.exists():
        known = ", ".join(sorted(path.stem.removeprefix("wheels-") for path in lock.parent.glob("wheels-*.txt")))
        raise SystemExit(f"no wheels are locked for Python {given.python_version}; choose --python-version from {known}")
    files = {**sources(), "requirements.txt": requirements(lock.read_text()), **wheels(lock, given.python_version)}
    content = digest(files)
    stamp = given.out.with_suffix(".json")
    if not (given.out.exists() and stamp.exists() and json.loads(stamp.read_text()).get("content") == content):
        given.out.parent.mkdir(parents=True, exist_ok=True)
        pack(files, given.out)
        stamp.write_text(json.dumps({"content": content, "python": given.python_version, "bytes": given.out.stat().st_size}) + "\n")
    print(content)


if __name__ == "__main__":
    main()
