"""The columns a job reads, as the pipeline's schema names them."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from sluice_training.refusal import InputRefused

FeatureType = Literal["integer", "number", "category", "datetime", "boolean"]
OnnxType = Literal["int64", "float", "string", "bool"]


@dataclass(frozen=True)
class Feature:
    name: str
    type: FeatureType
    nullable: bool = False

    @property
    def onnx(self) -> OnnxType:
        """The graph's input type. A value that may be missing needs a type that can say so: NaN, the empty string, the least int64."""
        if self.type == "category":
            return "string"
        if self.type == "datetime":
            return "int64"
        if self.type == "number" or self.nullable:
            return "float"
        return "int64" if self.type == "integer" else "bool"


@dataclass(frozen=True)
class Schema:
    features: tuple[Feature, ...]
    target: str


def parse_schema(value: Any) -> Schema:
    """Reads the `schema` hyperparameter: {"features": [{name, type, nullable}], "target": {name, type}}."""
    if not isinstance(value, dict) or not isinstance(value.get("features"), list) or not isinstance(value.get("target"), dict):
        raise InputRefused('hyperparameter "schema" must be a JSON object with "features" (a list) and "target" (an object)')
    features = tuple(_feature(item) for item in value["features"])
    target = value["target"].get("name")
    if not isinstance(target, str) or not target:
        raise InputRefused('hyperparameter "schema": "target" needs a "name"')
    names = [feature.name for feature in features]
    if not names:
        raise InputRefused('hyperparameter "schema" names no feature')
    repeated = sorted({name for name in [*names, target] if [*names, target].count(name) > 1})
    if repeated:
        raise InputRefused(f'hyperparameter "schema" names {", ".join(repeated)} more than once; the target cannot be a feature either')
    return Schema(features, target)


def _feature(item: Any) -> Feature:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str) or not item["name"]:
        raise InputRefused(f'hyperparameter "schema": a feature needs a "name": {item!r}')
    if item.get("type") not in get_args(FeatureType):
        raise InputRefused(f'feature "{item["name"]}" has type {item.get("type")!r}; use one of {", ".join(get_args(FeatureType))}')
    return Feature(item["name"], item["type"], bool(item.get("nullable", False)))
