"""The script that SageMaker starts for the built-in algorithms."""

from sluice_training import ALGORITHMS, run

if __name__ == "__main__":
    run(ALGORITHMS)
