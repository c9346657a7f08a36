"""Gradient boosted trees by scikit-learn's HistGradientBoostingClassifier, written out as one ONNX tree ensemble.

No converter knows this estimator, so the nodes are read off it here. Its inputs are 32-bit floats by construction, so a
threshold rounded down to the next 32-bit float sends every row the same way as the 64-bit one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from sluice_training.base_model import BaseModel, Examples
from sluice_training.encoders import Matrix
from sluice_training.graph import ML, Graph

STOPPING_ROWS = 100_000


@dataclass(frozen=True)
class GradientBoostingParameters:
    learning_rate: float = 0.1
    max_iter: int = 200
    max_leaf_nodes: int = 63
    min_samples_leaf: int = 40
    l2_regularization: float = 0.0
    max_bins: int = 255
    early_stopping: bool = True


class GradientBoosting(BaseModel):
    Parameters = GradientBoostingParameters
    parameters: GradientBoostingParameters

    def fit(self, train: Examples, validation: Examples) -> None:
        given = self.parameters
        self._estimator = HistGradientBoostingClassifier(
            learning_rate=given.learning_rate,
            max_iter=given.max_iter,
            max_leaf_nodes=given.max_leaf_nodes,
            min_samples_leaf=given.min_samples_leaf,
            l2_regularization=given.l2_regularization,
            max_bins=given.max_bins,
            # scikit-learn's own early stopping holds out random train rows; ours looks at the validation channel.
            early_stopping=False,
            random_state=self.seed,
        ).fit(train.x, train.y)
        self._trees = given.max_iter
        if given.early_stopping:
            self._trees = self._best_iteration(validation)
            del self._estimator._predictors[self._trees :]

    def predict(self, x: Matrix) -> NDArray[np.float64]:
        return self._estimator.predict_proba(x)[:, 1]

    def emit(self, graph: Graph, matrix: str) -> str:
        margin = graph.node("TreeEnsembleRegressor", matrix, domain=ML, **self._tables())
        return graph.node("Sigmoid", margin)

    def describe(self) -> dict[str, Any]:
        return {"trees": self._trees, "treesGrown": self.parameters.max_iter}

    def _best_iteration(self, validation: Examples) -> int:
        step = max(1, len(validation.y) // STOPPING_ROWS)
        x, y = validation.x[::step], validation.y[::step].astype(bool)
        losses = []
        for margin in self._estimator.staged_decision_function(x):
            losses.append(float(np.logaddexp(0, np.where(y, -margin, margin)).mean()))
        return int(np.argmin(losses)) + 1

    def _tables(self) -> dict[str, Any]:
        """The ensemble as ONNX's parallel lists, built with numpy: a model has thousands of nodes."""
        trees = [predictors[0].nodes for predictors in self._estimator._predictors]
        nodes = np.concatenate(trees)
        tree_ids = np.repeat(np.arange(len(trees)), [len(tree) for tree in trees])
        node_ids = np.concatenate([np.arange(len(tree)) for tree in trees])
        leaf = nodes["is_leaf"].astype(bool)
        thresholds = np.where(leaf, 0, _round_down(nodes["num_threshold"]))
        return {
            "n_targets": 1,
            "aggregate_function": "SUM",
            "post_transform": "NONE",
            "base_values": [float(np.float32(self._estimator._baseline_prediction.item()))],
            "nodes_treeids": tree_ids.tolist(),
            "nodes_nodeids": node_ids.tolist(),
            "nodes_featureids": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
            "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
            "nodes_values": thresholds.tolist(),
            "nodes_truenodeids": np.where(leaf, 0, nodes["left"]).tolist(),
            "nodes_falsenodeids": np.where(leaf, 0, nodes["right"]).tolist(),
            "nodes_missing_value_tracks_true": np.where(leaf, 0, nodes["missing_go_to_left"]).tolist(),
            "target_treeids": tree_ids[leaf].tolist(),
            "target_nodeids": node_ids[leaf].tolist(),
            "target_ids": [0] * int(leaf.sum()),
            "target_weights": nodes["value"][leaf].astype(np.float32).tolist(),
        }


def _round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The greatest 32-bit float that is not above the threshold."""
    single = thresholds.astype(np.float32)
    return np.where(single > thresholds, np.nextafter(single, np.float32(-np.inf)), single)
