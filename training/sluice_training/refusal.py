"""The one error that means: the input is wrong, not this program."""


class InputRefused(ValueError):
    """Says what is wrong with the data or the hyperparameters and what to do; shown without a traceback."""
