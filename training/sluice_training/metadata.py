"""What went into a job and what it took: hashes, versions and resource use for training.json."""

import hashlib
import os
import platform
import resource
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from sluice_training.channel import channel_files

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pyarrow", "onnx", "onnxruntime", "skl2onnx", "protobuf")


def data_hash(folder: Path) -> str:
    """SHA-256 over the bytes of the channel's files, in their sorted order."""
    return _digest(channel_files(folder), named_from=None)


def code_hash(folder: Path) -> str:
    """SHA-256 over the names and bytes of every Python file of the source folder."""
    files = (path for path in folder.rglob("*.py") if not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts[:-1]))
    return _digest(sorted(files), named_from=folder)


def library_versions() -> dict[str, str | None]:
    return {name: _version(name) for name in LIBRARIES}


def environment() -> dict[str, Any]:
    """Where the job ran; of SageMaker's variables only those that say something about the run."""
    named = ("TRAINING_JOB_NAME", "TRACEPARENT", "SM_CURRENT_INSTANCE_TYPE", "SM_NUM_CPUS", "SM_NUM_GPUS")
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        **{name: os.environ[name] for name in named if name in os.environ},
    }


def resource_use() -> dict[str, float | int]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    # Linux counts kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return {"cpuSeconds": round(usage.ru_utime + usage.ru_stime, 3), "maxRssBytes": usage.ru_maxrss * unit}


def _digest(files: Iterable[Path], named_from: Path | None) -> str:
    total = hashlib.sha256()
    for path in files:
        if named_from is not None:
            total.update(f"{path.relative_to(named_from).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
