# Every target makes .venv by itself and reuses it: what a run needs, and what tests need only for those.
# Needs make and Python >= 3.11, nothing else.

# Of the Pythons on the path that will do, the first whose core is in the program itself, not in a library beside it: a tenth quicker.
FIT := import os, sys, venv, ensurepip; maps = "/proc/self/maps"; sys.version_info < (3, 11) or \
	print(int(os.path.exists(maps) and "libpython" in open(maps).read()), sys.executable)
PYTHON ?= $(shell IFS=:; for p in python3.11 python3.12 python3.13 python3.14 python3 python; do for d in $$PATH; do \
	test -x "$$d/$$p" && "$$d/$$p" -c '$(FIT)' 2>/dev/null; done; done | sort -s -n -k 1,1 | head -n 1 | cut -d ' ' -f 2-)
VENV  := .venv
COMMA := ,
BIN   := $(VENV)/bin
SCENARIO ?= scenarios/baseline.yaml
OUT   ?= output/$(notdir $(basename $(SCENARIO)))
MUTANTS ?= 12000
BASE ?= HEAD
KERNELS := workbench/network/kernel.py workbench/queueing/kernel.py workbench/routing/kernel.py $(wildcard workbench/locate/engine/*_kernel.py)
# The one that takes longest is the first; others look up the weeks that it plans.
NOTEBOOKS := notebooks/30_rooms.ipynb $(filter-out notebooks/30_rooms.ipynb,$(sort $(wildcard notebooks/*.ipynb)))

# Bytecode is kept: some thirty processes load the package, and both workers read all tests.
unexport PYTHONDONTWRITEBYTECODE
POOL  := -n 2 --dist loadfile --no-loadscope-reorder
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=300

.DEFAULT_GOAL := help
.PHONY: help run test lint pool unit deep fuzz notebooks same lab render execute ground bench clean

help: ## say what there is
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Bytecode is made of what is imported, when it is: of all that is installed, it would take a fifth longer.
define installed
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { python="$(PYTHON)"; test -n "$$python" || { \
		echo "No Python >= 3.11 with venv was found. Install one (Debian: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python"; exit 2; }; \
		"$$python" -m venv --clear $(VENV); }
	$(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --constraint constraints.txt --editable '.$(1)'
endef

$(VENV)/.run: pyproject.toml constraints.txt
	$(call installed)
	@touch $@

$(VENV)/.ready: pyproject.toml constraints.txt
	$(call installed,[dev])
	@touch $(VENV)/.run $@

$(VENV)/.bench: $(VENV)/.ready
	$(call installed,[dev$(COMMA)bench])
	@touch $@

run: $(VENV)/.run ## the main job on the embedded district; another one with SCENARIO=scenarios/site-12.yaml
	$(BIN)/workbench run $(SCENARIO) --out $(OUT)

test: $(VENV)/.ready ## everything CI asks for
	$(MAKE) -j2 lint pool

# Beside tests it steps back: kernels and the pool are what is waited for.
lint: $(VENV)/.ready ## style, types, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	MYPY_NUM_WORKERS=2 nice $(BIN)/mypy
	$(BIN)/lint-imports

# Compiled once and kept: else each of two workers compiles what it meets.
$(VENV)/.kernels: $(VENV)/.ready $(KERNELS)
	$(BIN)/python -m pytest -q -p no:nbval tests/network/test_kernel.py tests/network/test_pieces.py tests/network/test_distance_field.py tests/counters/test_windows.py tests/routing/test_periodic.py tests/locate/test_verbs_and_rules.py
	@touch $@

# One pool for both, so that no core waits for the last of either; notebooks, each of them long, are begun first.
pool: $(VENV)/.kernels
	WORKBENCH_COVERAGE=1 $(BIN)/python -m pytest $(POOL) $(NBVAL) $(NOTEBOOKS) tests

unit: $(VENV)/.kernels ## unit tests with branch coverage
	WORKBENCH_COVERAGE=1 $(BIN)/python -m pytest $(POOL)

deep: $(VENV)/.kernels ## unit tests with all random instances, three times as many, uncounted
	WORKBENCH_TESTS=deep $(BIN)/python -m pytest $(POOL)

fuzz: $(VENV)/.ready ## read spoiled files of every format, 12,000 each; fewer with MUTANTS=500
	$(BIN)/python -m tests.fuzz --mutants $(MUTANTS)

same: $(VENV)/.ready ## run every scenario at BASE=revision and now, and compare all files byte for byte
	$(BIN)/python -m tests.same --base $(BASE)

notebooks: $(VENV)/.kernels ## compare every notebook with its committed outputs
	$(BIN)/python -m pytest $(POOL) $(NBVAL) $(NOTEBOOKS)

execute: $(VENV)/.ready ## run the notebooks anew and keep their outputs; read the diff
	$(BIN)/jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False $(NOTEBOOKS)
	$(BIN)/python -m pytest -q tests/test_notebooks.py

ground: $(VENV)/.run ## make the embedded district anew from its seed
	$(BIN)/workbench synthesize --out geodata/x-district

lab: $(VENV)/.run ## open the workbench in the browser
	$(BIN)/jupyter lab notebooks

render: $(VENV)/.run ## a small site in rendered/: every notebook, and the reports of the runs in output/
	$(BIN)/workbench site --out rendered --runs output --pictures docs/pictures

bench: $(VENV)/.bench ## this project and its peers, side by side
	$(BIN)/python -m benchmarks

clean: ## remove what the other targets made
	rm -rf $(VENV) output rendered .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
