"""Writes test/golden/drift.json: what scipy says about small pairs of samples.

Run with the test environment: `python training/golden/drift.py`. core/drift is held against the file.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import scipy
from scipy import stats
from scipy.spatial.distance import jensenshannon

FLOOR = 1e-4
METHOD = {
    "ks": "scipy.stats.ks_2samp; p = kstwobign.sf((r + 0.12 + 0.11 / r) * D), r = sqrt(n * m / (n + m))",
    "wasserstein": "scipy.stats.wasserstein_distance; perSigma divides by the population standard deviation of the reference",
    "chiSquared": "scipy.stats.chi2_contingency without correction; cramersV = scipy.stats.contingency.association",
    "jensenShannon": "scipy.spatial.distance.jensenshannon, natural logarithm; corrected = sqrt(max(0, d^2 - (k - 1) / 8 * (1/n + 1/m)))",
    "psi": "sum (p - q) * ln(p / q), shares below 1e-4 raised to it and renormalised",
    "twoProportions": "z with the pooled share; p is that of chi2_contingency without correction",
    "benjaminiHochberg": "scipy.stats.false_discovery_control",
}


def samples(name: str, reference: np.ndarray, current: np.ndarray) -> dict[str, Any]:
    root = np.sqrt(len(reference) * len(current) / (len(reference) + len(current)))
    statistic = float(stats.ks_2samp(reference, current, method="asymp").statistic)
    distance = float(stats.wasserstein_distance(reference, current))
    return {
        "name": name,
        "reference": reference.tolist(),
        "current": current.tolist(),
        "ks": {"statistic": statistic, "p": float(stats.kstwobign.sf((root + 0.12 + 0.11 / root) * statistic))},
        "wasserstein": distance,
        "wassersteinPerSigma": distance / float(reference.std()),
    }


def shares(name: str, reference: list[int], current: list[int]) -> dict[str, Any]:
    table = np.array([reference, current])
    chi = stats.chi2_contingency(table, correction=False)
    if chi.expected_freq.min() < 5:
        raise ValueError(f"{name} has a thin cell, which scipy does not put together with others")
    raised = np.maximum(table / table.sum(axis=1, keepdims=True), FLOOR)
    p, q = raised / raised.sum(axis=1, keepdims=True)
    n, m = table.sum(axis=1)
    raw = float(jensenshannon(reference, current))
    return {
        "name": name,
        "reference": reference,
        "current": current,
        "chiSquared": {
            "statistic": float(chi.statistic),
            "p": float(chi.pvalue),
            "cramersV": float(stats.contingency.association(table, method="cramer")),
        },
        "jensenShannon": {"raw": raw, "corrected": float(np.sqrt(max(0.0, raw**2 - (len(reference) - 1) / 8 * (1 / n + 1 / m))))},
        "psi": float(((p - q) * np.log(p / q)).sum()),
    }


def proportions(a: int, n: int, b: int, m: int) -> dict[str, Any]:
    pooled = (a + b) / (n + m)
    return {
        "counts": [a, n, b, m],
        "statistic": (b / m - a / n) / float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))),
        "p": float(stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False).pvalue),
        "cohensH": abs(2 * float(np.arcsin(np.sqrt(a / n))) - 2 * float(np.arcsin(np.sqrt(b / m)))),
    }


def family(p: list[float]) -> dict[str, Any]:
    return {"p": p, "q": stats.false_discovery_control(p).tolist()}


def main() -> None:
    rng = np.random.default_rng(20010401)
    golden = {
        "writtenBy": "training/golden/drift.py",
        "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
        "method": METHOD,
        "samples": [
            samples("alike", np.round(rng.normal(0, 1, 80), 3), np.round(rng.normal(0, 1, 60), 3)),
            samples("moved", np.round(rng.normal(0, 1, 90), 3), np.round(rng.normal(0.8, 1, 50), 3)),
            samples("ties", rng.integers(0, 4, 70).astype(float), rng.integers(1, 5, 90).astype(float)),
            samples("wider", np.round(rng.normal(5, 1, 60), 2), np.round(rng.normal(5, 4, 200), 2)),
            samples("apart", np.array([1.0, 2.0, 3.0]), np.array([10.0, 11.0])),
            samples("same", np.array([1.0, 2.0, 2.0, 7.0]), np.array([7.0, 2.0, 1.0, 2.0])),
            samples("far from zero", 1e9 + np.round(rng.normal(0, 1, 50), 3), 1e9 + np.round(rng.normal(0.5, 1, 50), 3)),
        ],
        "shares": [
            shares("alike", [300, 200, 100], [610, 390, 200]),
            shares("a quarter of the mass moved", [50, 50], [75, 25]),
            shares("a category nobody had", [500, 500, 0], [300, 300, 400]),
            shares("many cells", rng.integers(20, 400, 40).tolist(), rng.integers(20, 400, 40).tolist()),
            shares("one side a thousand times larger", [400_000, 300_000, 300_000], [350, 330, 320]),
        ],
        "proportions": [proportions(225, 1_000, 170, 1_000), proportions(10, 1_000, 30, 900), proportions(5, 50, 500, 5_000)],
        "families": [family([0.01, 0.04, 0.03]), family([0.5]), family([0.9, 0.001, 0.02, 0.02, 0.6, 0.04]), family([1.0, 1.0, 0.0])],
        "tails": {
            "kolmogorov": [[x, float(stats.kstwobign.sf(x))] for x in (0.0, 0.2, 0.5, 0.8, 0.999, 1.0, 1.36, 2.0, 4.0)],
            "chiSquared": [
                [x, degrees, float(stats.chi2.sf(x, degrees))]
                for x in (0.001, 0.5, 3.84, 20.0, 260.0, 900.0)
                for degrees in (1, 2, 7, 30, 220)
            ],
            "normal": [[z, float(stats.norm.sf(z))] for z in (-3.0, -0.5, 0.0, 0.1, 1.0, 1.96, 5.0, 9.0)],
        },
    }
    target = Path(__file__).resolve().parents[2] / "test" / "golden" / "drift.json"
    target.write_text(json.dumps(golden, separators=(",", ":"), allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
