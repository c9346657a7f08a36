"""The numbers a job prints about its own model. The verdict that counts is made elsewhere, on rows the job never sees."""

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics

from sluice_training.base_model import Labels


def validation_metrics(labels: Labels, scores: NDArray[np.float64], threshold: float) -> dict[str, float]:
    predicted = scores >= threshold
    return {
        "auc": float(metrics.roc_auc_score(labels, scores)),
        "log_loss": float(metrics.log_loss(labels, scores, labels=[0, 1])),
        "f1": float(metrics.f1_score(labels, predicted, zero_division=0)),
        "brier": float(np.mean((scores - labels) ** 2)),
    }


def best_f1_threshold(labels: Labels, scores: NDArray[np.float64]) -> float:
    """The score at which F1 on these rows is highest; a tie goes to the higher threshold."""
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    hits = np.cumsum(labels[order])
    last_of_tie = np.append(ranked[1:] != ranked[:-1], True)
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + hits[-1])
    best = int(np.argmax(np.where(last_of_tie, f1, -1)))
    # A little below the row's own score, so that 32-bit rounding in the graph does not push that row over the edge.
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float(np.float32((ranked[best] + below) / 2))
