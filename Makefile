# openpeel. A newcomer needs two: `make run` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
ARCHIVE ?=

.PHONY: setup run test test-all lint bench lock clean

setup: .venv/.ready .venv/.spark

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "openpeel needs Python 3.11 or newer. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# The second engine comes along where Java is; everything but Spark works without.
.venv/.spark: requirements-spark.lock .venv/.ready
	@if command -v java >/dev/null || test -n "$$JAVA_HOME"; then \
	  echo "Java is here: installing Spark, the second engine"; \
	  $(BIN)/python -m pip install --quiet --require-hashes --requirement $<; fi
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

# And what takes more than Python, or long: the pages in a browser, the second engine, the
# records on PostgreSQL, everything against everything
# (Debian: apt install chromium default-jre-headless postgresql).
test-all: test
	$(BIN)/pytest -n auto -m "browser or spark or database or exhaustive"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The peers have an environment of their own: openpeel neither needs them nor should pay for them.
# Those of R are compared where R is (Debian: r-base-core r-cran-surveillance r-cran-spc
# r-cran-strucchange).
bench: setup .bench/.ready
	$(BIN)/python benchmarks/bench.py --peer .bench/bin/python $(ARCHIVE)
	$(BIN)/python benchmarks/signals.py --peer .bench/bin/python
	if command -v Rscript >/dev/null; then $(BIN)/python benchmarks/peers_r.py; fi

.bench/.ready:
	$(PYTHON) -m venv .bench
	.bench/bin/python -m pip install --quiet pandas pyarrow pyqicharts shewhart
	@touch $@

# Renew the lock; it holds hashes and no addresses.
lock:
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --upgrade \
	  --output-file requirements.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"])' | \
	  $(BIN)/uv pip compile - --constraint requirements.lock --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --upgrade \
	  --output-file requirements-spark.lock

clean:
	rm -rf .venv .bench lake site
