# openpeel. A newcomer needs two: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
ARCHIVE ?=

.PHONY: setup run test test-all lint bench lock clean

setup: .venv/.ready

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "openpeel needs Python 3.11 or newer. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# Load the bundled real data, assess Cambridgeshire, write the site and serve it.
# ONCE=1 does all but serve.
run: setup
	@$(BIN)/openpeel load --bundled
	@echo
	@$(BIN)/openpeel assess cambridgeshire
	@echo
	@$(BIN)/openpeel site site $(if $(ONCE),,--serve)

test: setup
	$(BIN)/pytest -n auto

# And what a bare machine cannot run: the pages in a browser (Debian: apt install chromium).
test-all: test
	$(BIN)/pytest -m browser

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The peer has an environment of its own: openpeel neither needs pandas nor should pay for it.
bench: setup
	test -x .bench/bin/python || { $(PYTHON) -m venv .bench && .bench/bin/python -m pip install --quiet pandas pyarrow; }
	$(BIN)/python benchmarks/bench.py --peer .bench/bin/python $(ARCHIVE)

# Renew the lock; it holds hashes and no addresses.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --upgrade \
	  --output-file requirements.lock

clean:
	rm -rf .venv .bench lake site
