"""`python -m sluice_training.check <model directory>`: would the platform take this model? For scripts that write their own."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from sluice_training.refusal import InputRefused

SAMPLE: dict[str, tuple[str, Any]] = {
    "int64": ("tensor(int64)", np.int64),
    "float": ("tensor(float)", np.float32),
    "string": ("tensor(string)", np.object_),
    "bool": ("tensor(bool)", np.bool_),
}


def check_model(folder: Path) -> None:
    """Loads the graph, compares its inputs and outputs with the signature, and predicts two rows.

    Raises:
        InputRefused: a file is missing, or the graph and the signature do not fit together.
    """
    for name in ("model.onnx", "signature.json"):
        if not (folder / name).is_file():
            raise InputRefused(f"{folder} has no {name}; a training script must write it to SM_MODEL_DIR")
    signed = json.loads((folder / "signature.json").read_text(encoding="utf-8"))
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    held = {each.name: each.type for each in session.get_inputs()}
    named = {each["name"]: each["onnx"] for each in signed["inputs"]}
    if set(held) != set(named):
        raise InputRefused(f"model.onnx has the inputs {sorted(held)}, signature.json names {sorted(named)}")
    for name, kind in named.items():
        if kind not in SAMPLE or SAMPLE[kind][0] != held[name]:
            raise InputRefused(f'input "{name}": signature.json says {kind}, model.onnx takes {held[name]}')
    feed = {name: np.full((2, 1), "" if kind == "string" else 0, dtype=SAMPLE[kind][1]) for name, kind in named.items()}
    label, probabilities = session.run([signed["outputs"]["label"], signed["outputs"]["probabilities"]], feed)
    if label.shape != (2,) or label.dtype != np.int64:
        raise InputRefused(f"output label must be int64 of shape [N], not {label.dtype} {label.shape} for two rows")
    if probabilities.shape != (2, 2) or probabilities.dtype != np.float32:
        raise InputRefused(f"output probabilities must be float32 of shape [N, 2], not {probabilities.dtype} {probabilities.shape}")


if __name__ == "__main__":
    try:
        check_model(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    except InputRefused as refusal:
        sys.exit(f"error: {refusal}")
    print("the platform takes this model")
