"""Writes test/golden/classification.json: what scikit-learn and scipy say about small binary classification cases.

Run with the test environment: `python training/golden/classification.py`. The TypeScript, Python and Java suites read the file.
"""

import json
from pathlib import Path

import numpy as np
from scipy import stats
from sklearn import metrics

BINS = 10
METHOD = {
    "auc": "area under the ROC curve, ties count one half (Mann-Whitney U / (n1 * n0)); null when only one class is present",
    "logLoss": "mean negative log likelihood in nats, scores clipped to [2.220446049250313e-16, 1 - 2.220446049250313e-16]",
    "threshold": "a row is predicted positive when score >= threshold",
    "f1": "0 when precision + recall is 0",
    "precision": "0 when nothing is predicted positive",
    "recall": "0 when there is no positive row",
    "brier": "mean squared difference of score and label",
    "ece": "sum over bins of count / n * |mean score - positive rate|; bin = min(9, floor(score * 10))",
    "calibration": "per bin: count, meanScore and positiveRate (both null in an empty bin)",
    "weighted": "the same with a weight per row; precision, recall, f1 and accuracy weighted too",
}


def calibration(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[float, list[dict[str, float | None]]]:
    """Expected calibration error over equal-width bins, and the bins."""
    index = np.minimum(BINS - 1, np.floor(scores * BINS)).astype(int)
    error, rows = 0.0, []
    for bin_index in range(BINS):
        inside = index == bin_index
        mass = float(weights[inside].sum())
        if mass == 0:
            rows.append({"count": 0, "meanScore": None, "positiveRate": None})
            continue
        mean_score = float(np.average(scores[inside], weights=weights[inside]))
        rate = float(np.average(labels[inside], weights=weights[inside]))
        error += mass / float(weights.sum()) * abs(mean_score - rate)
        rows.append({"count": int(inside.sum()), "meanScore": mean_score, "positiveRate": rate})
    return error, rows


def roc_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray | None) -> float | None:
    """scikit-learn's trapezoid; without weights cross-checked with scipy's Mann-Whitney U."""
    if labels.min() == labels.max():
        return None
    auc = float(metrics.roc_auc_score(labels, scores, sample_weight=weights))
    if weights is None:
        positives, negatives = scores[labels == 1], scores[labels == 0]
        u = stats.mannwhitneyu(positives, negatives, method="asymptotic").statistic / (len(positives) * len(negatives))
        if abs(u - auc) > 1e-12:
            raise ValueError(f"scipy says {u}, scikit-learn says {auc}")
    return auc


def measure(name: str, labels: list[int], scores: list[float], threshold: float = 0.5, weights: list[float] | None = None) -> dict:
    y, p = np.asarray(labels), np.asarray(scores, dtype=float)
    w = None if weights is None else np.asarray(weights, dtype=float)
    mass = np.ones(len(y)) if w is None else w
    predicted = (p >= threshold).astype(int)
    each = {"sample_weight": w, "zero_division": 0}
    ece, bins = calibration(y, p, mass)
    return {
        "name": name,
        "labels": y.tolist(),
        "scores": p.tolist(),
        **({} if w is None else {"weights": w.tolist()}),
        "threshold": threshold,
        "auc": roc_auc(y, p, w),
        "logLoss": float(metrics.log_loss(y, p, labels=[0, 1], sample_weight=w)),
        "f1": float(metrics.f1_score(y, predicted, **each)),
        "precision": float(metrics.precision_score(y, predicted, **each)),
        "recall": float(metrics.recall_score(y, predicted, **each)),
        "accuracy": float(metrics.accuracy_score(y, predicted, sample_weight=w)),
        "brier": float(np.average((p - y) ** 2, weights=mass)),
        "ece": ece,
        "calibration": bins,
    }


def drawn(rng: np.random.Generator, n: int, rate: float, signal: float) -> tuple[list[int], list[float]]:
    """Labels at a rate and scores that carry some signal, rounded so that the file stays readable."""
    labels = (rng.random(n) < rate).astype(int)
    scores = 1 / (1 + np.exp(-(rng.normal(0, 1, n) + signal * labels + np.log(rate / (1 - rate)))))
    return labels.tolist(), np.round(scores, 6).tolist()


def cases() -> dict:
    rng = np.random.default_rng(2001)
    labels, scores = drawn(rng, 400, 0.2, 1.2)
    rough = np.round(np.asarray(scores), 1).tolist()
    random_labels = (rng.random(200) < 0.5).astype(int).tolist()
    random_scores = np.round(rng.random(200), 6).tolist()
    rare = [1, *([0] * 99)]
    rare_scores = np.round(rng.random(100), 6).tolist()
    return {
        "cases": [
            measure("perfect", [0, 0, 0, 1, 1], [0.1, 0.2, 0.3, 0.8, 0.9]),
            measure("perfect and certain", [0, 1, 0, 1], [0.0, 1.0, 0.0, 1.0]),
            measure("reversed", [1, 1, 0, 0], [0.1, 0.2, 0.8, 0.9]),
            measure("certain and wrong once", [0, 1, 1, 0], [0.0, 1.0, 0.0, 0.25]),
            measure("every score the same", [0, 1, 0, 1, 1], [0.5] * 5),
            measure("ties across classes", [0, 1, 0, 1, 0, 1], [0.2, 0.2, 0.5, 0.5, 0.5, 0.9]),
            measure("scores on the bins' edges", [0, 0, 1, 0, 1, 1], [0.0, 0.1, 0.3, 0.6, 0.7, 1.0]),
            measure("a score equal to the threshold is positive", [0, 1, 1], [0.3, 0.4, 0.9], threshold=0.4),
            measure("nothing predicted positive", [0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4]),
            measure("everything predicted positive", [0, 1, 0, 1], [0.6, 0.7, 0.8, 0.9], threshold=0.0),
            measure("one positive", rare, rare_scores),
            measure("one positive, ranked last", rare, [0.0, *rare_scores[1:]]),
            measure("one class only", [0, 0, 0], [0.2, 0.4, 0.6]),
            measure("two rows", [0, 1], [0.4, 0.6]),
            measure("random scores", random_labels, random_scores),
            measure("400 rows, a fifth positive", labels, scores),
            measure("400 rows, a low threshold", labels, scores, threshold=0.2),
            measure("400 rows, heavy ties", labels, rough, threshold=0.3),
        ],
        "weighted": [
            measure("unit weights change nothing", [0, 1, 0, 1], [0.1, 0.4, 0.35, 0.8], weights=[1, 1, 1, 1]),
            measure("a zero weight drops the row", [0, 1, 0, 1], [0.1, 0.4, 0.9, 0.8], weights=[1, 1, 0, 1]),
            measure("ties with weights", [0, 1, 0, 1, 0, 1], [0.2, 0.2, 0.5, 0.5, 0.5, 0.9], weights=[1, 2, 3, 1, 0.5, 1.5]),
            measure("400 rows, drawn weights", labels, rough, threshold=0.3, weights=np.round(rng.exponential(1, 400), 3).tolist()),
        ],
    }


def main() -> None:
    target = Path(__file__).resolve().parents[2] / "test" / "golden" / "classification.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    versions = {"numpy": np.__version__, "scipy": __import__("scipy").__version__, "sklearn": __import__("sklearn").__version__}
    written = {"writtenBy": "training/golden/classification.py", "versions": versions, "method": METHOD, **cases()}
    target.write_text(json.dumps(written, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8")
    print(f"{target}: {len(written['cases'])} cases, {len(written['weighted'])} weighted")


if __name__ == "__main__":
    main()
