"""Does the exported graph say what the fitted estimator says, row by row?"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from sluice_training.frame import Frame
from sluice_training.refusal import InputRefused

BATCH_ROWS = 65_536


class ParityFailed(RuntimeError):
    """The graph and the estimator disagree: the model must not leave the job."""


@dataclass(frozen=True)
class Parity:
    rows: int
    maxAbsDifference: float
    tolerance: float

    def describe(self) -> dict[str, Any]:
        return asdict(self)


def score(model: bytes, frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """P(positive) and label per row by ONNX Runtime, in batches so that strings never fill the memory."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    probabilities, labels = [], []
    for start in range(0, frame.rows, BATCH_ROWS):
        label, both = session.run(["label", "probabilities"], frame.feed(start, min(start + BATCH_ROWS, frame.rows)))
        labels.append(label)
        probabilities.append(both[:, 1])
    return np.concatenate(probabilities), np.concatenate(labels)


def check_parity(model: bytes, frame: Frame, expected: NDArray[np.float64], threshold: float, tolerance: float) -> Parity:
    """Compares every row.

    Raises:
        ParityFailed: a probability differs by more than the tolerance, or a label where the threshold is further away than that.
    """
    if not tolerance > 0:
        raise InputRefused(f"hyperparameter parity_tolerance must be above 0, not {tolerance}")
    observed, labels = score(model, frame)
    difference = np.abs(observed.astype(np.float64) - expected)
    worst = int(np.argmax(np.where(np.isnan(difference), np.inf, difference)))
    if not difference[worst] <= tolerance:
        raise ParityFailed(
            f"the ONNX graph says {observed[worst]:.9f} where the estimator says {expected[worst]:.9f} (validation row {worst}; "
            f"tolerance {tolerance:g}; {int((difference > tolerance).sum())} of {frame.rows} rows differ); the model was not exported"
        )
    clear = np.abs(expected - threshold) > tolerance
    wrong = int((labels[clear] != (expected[clear] >= threshold)).sum())
    if wrong:
        raise ParityFailed(f"the ONNX graph labels {wrong} of {frame.rows} validation rows differently from the threshold {threshold}")
    return Parity(frame.rows, float(difference[worst]), tolerance)
