"""Stands in for the toolkit's C extension, which only jobs of several instances preload and which needs a compiler."""
