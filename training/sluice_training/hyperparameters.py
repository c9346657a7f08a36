"""The job's hyperparameters, parsed and refused once, before any row is read."""

import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from sluice_training.base_model import BaseModel
from sluice_training.gradient_boosting import GradientBoosting
from sluice_training.logistic_regression import LogisticRegression
from sluice_training.refusal import InputRefused
from sluice_training.schema import Schema, parse_schema

Threshold = float | Literal["max_f1"]
Algorithms = Mapping[str, type[BaseModel]]

ALGORITHMS: Algorithms = {"gradient_boosting": GradientBoosting, "logistic_regression": LogisticRegression}

JOB_NAMES = ("algorithm", "schema", "target", "seed", "threshold", "smoothing", "parity_tolerance")


@dataclass(frozen=True)
class Job:
    """`threshold` is where a score becomes a positive label; "max_f1" picks it on the validation channel."""

    algorithm: str
    model: BaseModel
    schema: Schema
    threshold: Threshold
    smoothing: float
    parity_tolerance: float

    def describe(self) -> dict[str, Any]:
        return {
            "algorithm": self.algorithm,
            "threshold": self.threshold,
            "smoothing": self.smoothing,
            "parity_tolerance": self.parity_tolerance,
            **asdict(self.model.parameters),
        }


def parse_job(given: Mapping[str, Any], algorithms: Algorithms = ALGORITHMS) -> Job:
    """Reads what SageMaker hands over; strings that are JSON count as their value.

    Raises:
        InputRefused: an unknown name, a value of the wrong type, no schema, no such algorithm.
    """
    # SageMaker's own settings (sagemaker_program, sagemaker_region, ...) travel in the same map.
    values = {name: value for name, value in given.items() if not name.startswith("sagemaker_")}
    algorithm = _text(values.get("algorithm", "gradient_boosting"))
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise InputRefused(f"hyperparameter algorithm is {algorithm!r}; this package has {', '.join(sorted(algorithms))}")
    if "schema" not in values:
        raise InputRefused('hyperparameter "schema" is missing: it names the features and the target')
    schema = parse_schema(_decoded(values["schema"]))
    target = _text(values.get("target", schema.target))
    if target != schema.target:
        raise InputRefused(f'hyperparameter target is "{target}", the schema\'s target is "{schema.target}"')
    kind = algorithms[algorithm]
    own = _parameters(algorithm, kind, {name: value for name, value in values.items() if name not in JOB_NAMES})
    threshold = _decoded(values.get("threshold", 0.5))
    if threshold != "max_f1":
        threshold = _number("threshold", threshold, float)
        if not 0 < threshold < 1:
            raise InputRefused(f'hyperparameter threshold must lie between 0 and 1, or be "max_f1", not {threshold}')
    return Job(
        algorithm=algorithm,
        model=kind(own, _number("seed", values.get("seed", 0), int)),
        schema=schema,
        threshold=threshold,
        smoothing=_number("smoothing", values.get("smoothing", 20.0), float, least=0.0),
        parity_tolerance=_number("parity_tolerance", values.get("parity_tolerance", 1e-5), float, least=0.0),
    )


def _parameters(algorithm: str, kind: type[BaseModel], given: Mapping[str, Any]) -> Any:
    known = {field.name: type(field.default) for field in fields(kind.Parameters)}
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, [*known, *JOB_NAMES], n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; it knows {', '.join([*known, *JOB_NAMES])}"
            raise InputRefused(f"{algorithm} has no hyperparameter {name}{hint}")
    return kind.Parameters(**{name: _typed(name, value, known[name]) for name, value in given.items()})


def _typed(name: str, value: Any, kind: type) -> Any:
    if kind in (int, float):
        return _number(name, value, kind)
    read = _text(value) if kind is str else _decoded(value)
    if type(read) is not kind:
        raise InputRefused(f"hyperparameter {name} must be a {kind.__name__}, not {read!r}")
    return read


def _number(name: str, value: Any, kind: type, least: float | None = None) -> Any:
    value = _decoded(value)
    # bool is an int in Python, but `true` is no number in a pipeline file.
    fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not fits or (kind is int and value != int(value)):
        raise InputRefused(f"hyperparameter {name} must be {'a whole' if kind is int else 'a finite'} number, not {value!r}")
    if least is not None and value < least:
        raise InputRefused(f"hyperparameter {name} must be at least {least:g}, not {value!r}")
    return kind(value)


def _text(value: Any) -> Any:
    """A text with or without its JSON quotes; "1" stays a text."""
    read = _decoded(value)
    return read if isinstance(read, str) else value


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError:
        return value
