"""Trains a model inside a SageMaker job and writes it as ONNX. Start at job.py; extend at base_model.py."""

from sluice_training.base_model import BaseModel, Examples
from sluice_training.hyperparameters import ALGORITHMS
from sluice_training.job import run
from sluice_training.model_pipeline import ModelPipeline
from sluice_training.refusal import InputRefused
from sluice_training.sklearn_model import SklearnModel

__all__ = ["ALGORITHMS", "BaseModel", "Examples", "InputRefused", "ModelPipeline", "SklearnModel", "run"]
