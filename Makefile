PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check lock clean

demo: .venv/ready  ## watch the main job happen on a bundled university site
	@$(BIN)/monitor demo

test: .venv/ready  ## the tests
	@$(BIN)/python -m pytest

check: .venv/ready  ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock: .venv/ready  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --extra dev --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv demo

.venv/ready: requirements.lock pyproject.toml
	@echo "Setting up .venv (once; about half a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=...")'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q monitor
	@touch $@
