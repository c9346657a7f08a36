"""A thin builder over onnx.helper: names are made here, constants become initializers, opsets are fixed in one place."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 17
ML_OPSET = 3
IR_VERSION = 8
ML = "ai.onnx.ml"

ELEMENT = {"int64": TensorProto.INT64, "float": TensorProto.FLOAT, "string": TensorProto.STRING, "bool": TensorProto.BOOL}


class Graph:
    """Collects inputs, nodes and constants; every tensor between the nodes has shape [N, k]."""

    def __init__(self) -> None:
        self._inputs: list[onnx.ValueInfoProto] = []
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._made = 0

    def input(self, name: str, kind: str) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, ELEMENT[kind], [None, 1]))
        return name

    def constant(self, value: NDArray[np.generic]) -> str:
        name = self._name("constant")
        self._constants.append(numpy_helper.from_array(value, name))
        return name

    def integers(self, *values: int) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def floats(self, *values: float) -> str:
        return self.constant(np.array(values, dtype=np.float32))

    def node(self, op: str, *inputs: str, domain: str = "", output: str | None = None, **attributes: Any) -> str:
        """Adds one node with one output and returns the output's name."""
        name = output or self._name(op)
        self._nodes.append(helper.make_node(op, list(inputs), [name], name=f"{name}/node", domain=domain, **attributes))
        return name

    def cast(self, tensor: str, kind: int, output: str | None = None) -> str:
        return self.node("Cast", tensor, to=kind, output=output)

    def include(self, nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto]) -> None:
        """Takes over another graph's parts; the caller has given them names that cannot clash."""
        self._nodes.extend(nodes)
        self._constants.extend(constants)

    def model(self, outputs: list[onnx.ValueInfoProto]) -> onnx.ModelProto:
        graph = helper.make_graph(self._nodes, "sluice", self._inputs, outputs, self._constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="sluice_training")
        onnx.checker.check_model(model)
        return model

    def _name(self, what: str) -> str:
        # An input keeps its column's name, which could be anything: the slash and the number keep ours apart.
        self._made += 1
        return f"sluice/{what}_{self._made}"
