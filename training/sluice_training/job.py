"""One training job from its channels to its model directory."""

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sluice_training.channel import read_channel
from sluice_training.hyperparameters import ALGORITHMS, Algorithms, parse_job
from sluice_training.metadata import code_hash, data_hash, environment, library_versions, resource_use
from sluice_training.model_pipeline import ModelPipeline
from sluice_training.parity import check_parity
from sluice_training.profile import training_profile
from sluice_training.refusal import InputRefused
from sluice_training.signature import signature
from sluice_training.validation_metrics import best_f1_threshold, validation_metrics


@dataclass(frozen=True)
class Folders:
    train: Path
    validation: Path
    model: Path
    code: Path


def run(algorithms: Algorithms = ALGORITHMS) -> None:
    """The whole of a script: reads SageMaker's environment, trains, writes the model, and exits 1 with the reason if it may not."""
    if traceparent := os.environ.get("TRACEPARENT"):
        print(f"traceparent: {traceparent}", flush=True)
    try:
        train(json.loads(os.environ.get("SM_HPS", "{}")), _folders(os.environ), algorithms)
    except InputRefused as refusal:
        _leave_reason(f"ValueError: {refusal}")
        print(f"ValueError: {refusal}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        _leave_reason(f"{type(error).__name__}: {error}")
        raise


def _leave_reason(reason: str) -> None:
    """SageMaker shows this file's first 1,024 characters as the FailureReason; its toolkit, which knows less, keeps one that is there."""
    if folder := os.environ.get("SM_OUTPUT_DIR"):
        (Path(folder) / "failure").write_text(reason, encoding="utf-8")


def train(hyperparameters: Mapping[str, Any], folders: Folders, algorithms: Algorithms = ALGORITHMS) -> dict[str, Any]:
    """Fits, exports, checks and writes model.onnx, signature.json, profile.json and training.json; returns the last one's content.

    Nothing is written before the parity check has passed.
    """
    watch = _Watch()
    job = parse_job(hyperparameters, algorithms)
    rows = read_channel("train", folders.train, job.schema)
    validation = read_channel("validation", folders.validation, job.schema)
    watch.lap("read")
    print(f"{rows.rows} train rows, {validation.rows} validation rows, {len(job.schema.features)} features", flush=True)

    pipeline = ModelPipeline(job.schema, job.model, job.smoothing)
    pipeline.fit(rows, validation)
    watch.lap("fit")
    scores = pipeline.predict(validation)
    threshold = best_f1_threshold(validation.target, scores) if job.threshold == "max_f1" else job.threshold
    metrics = validation_metrics(validation.target, scores, threshold)
    watch.lap("score")
    for name, value in metrics.items():
        print(f"validation:{name}={value:.9g}", flush=True)

    model = pipeline.to_onnx(threshold).SerializeToString(deterministic=True)
    watch.lap("export")
    parity = check_parity(model, validation, scores, threshold, job.parity_tolerance)
    watch.lap("parity")
    print(f"parity: {parity.rows} rows, largest difference {parity.maxAbsDifference:.3g}", flush=True)

    profile = training_profile(job.schema, rows, scores)
    watch.lap("profile")
    described = {
        "version": 1,
        "algorithm": job.algorithm,
        "hyperparameters": job.describe(),
        "seed": job.model.seed,
        "threshold": threshold,
        "fitted": job.model.describe(),
        "inputsOfModel": pipeline.preprocessing.names,
        "rows": {"train": rows.rows, "validation": validation.rows},
        "data": {"train": data_hash(folders.train), "validation": data_hash(folders.validation)},
        "code": code_hash(folders.code),
        "environment": environment(),
        "libraries": library_versions(),
        "validation": metrics,
        "parity": parity.describe(),
        "modelBytes": len(model),
        "seconds": watch.seconds,
        "resources": resource_use(),
    }
    _write(folders.model, model, signature(job.schema, rows, threshold, job.algorithm), profile, described)
    return described


def _write(folder: Path, model: bytes, signed: dict[str, Any], profile: dict[str, Any], described: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    for name, content in (("signature", signed), ("profile", profile), ("training", described)):
        (folder / f"{name}.json").write_text(json.dumps(content, allow_nan=False) + "\n", encoding="utf-8")


def _folders(env: Mapping[str, str]) -> Folders:
    absent = [name for name in ("SM_CHANNEL_TRAIN", "SM_CHANNEL_VALIDATION", "SM_MODEL_DIR") if not env.get(name)]
    if absent:
        raise InputRefused(f"{', '.join(absent)} not set: the job needs the channels train and validation, and a model directory")
    code = Path(sys.argv[0]).resolve().parent
    return Folders(Path(env["SM_CHANNEL_TRAIN"]), Path(env["SM_CHANNEL_VALIDATION"]), Path(env["SM_MODEL_DIR"]), code)


class _Watch:
    """Seconds per step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] = round(now - self._since, 3)
        self._since = now
