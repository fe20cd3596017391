"""驿家工作台: a planning and evaluation workbench for the five-minute living circle."""

__version__ = "0.1.0"
