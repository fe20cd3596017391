"""Own searches with their bounds, and compiled kernels: a reader of the models need not open them."""
