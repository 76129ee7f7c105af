# Everything is installed and cached inside the checkout.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PIP_CACHE_DIR ?= $(CURDIR)/.cache/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test lint fast bench train format schemas plans catalog clean

run: .venv/.run  ## plan the user's own OpenClaw, or the bundled example home
	@bash .ci/plan-something

test: .venv/.dev lint  ## every check and every test, the real OpenClaw too
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup

lint: .venv/.dev  ## every check, no test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

fast: .venv/.dev lint  ## the checks and tests without the real OpenClaw
	$(BIN)/python -m pytest --numprocesses 2 -m "not real"

bench: .venv/.bench  ## measure what the documents claim
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.bench

train: .venv/.dev  ## fit the weights of tasks again, which gives the same bytes, and print those of forecasts
	$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt --group train
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.train
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.train.forecast

format: .venv/.dev  ## lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schemas: .venv/.dev  ## write the published JSON Schemas again
	$(BIN)/python -m reconciler.schemas

plans: .venv/.dev  ## write the plans of the ready-made policies again
	$(BIN)/python -m tests.scenarios.plans

catalog: .venv/.dev  ## write the snapshot of models again
	$(BIN)/python -m tests.snapshot

clean:  ## remove what was installed and cached
	rm -rf .venv .cache dist

.venv/.run: pyproject.toml .ci/constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip==26.3
	$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt --editable .
	touch $@

.venv/.dev: .venv/.run
	$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt --group dev
	touch $@

.venv/.bench: .venv/.dev
	$(BIN)/python -m pip install --quiet --constraint .ci/constraints.txt --group bench --group train
	test -x .cache/litellm/bin/python || $(PYTHON) -m venv .cache/litellm
	.cache/litellm/bin/python -m pip install --quiet --requirement .ci/litellm.txt
	touch $@
