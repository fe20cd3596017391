"""What holds for all tests: nothing is found in, or left to, the cache of whoever runs them."""

import os

os.environ["WORKBENCH_CACHE"] = ""
