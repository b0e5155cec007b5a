# setup · run · up · test · check · bench — see README.md
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run up test fast check peers npm bench lock audit sbom clean

help:
	@echo "make run    the sample year of Strängnäs 2021, from sources to published pages"
	@echo "make up     the living system on this machine (Ctrl-C stops it)"
	@echo "make test   all tests        make fast   those that need no server"
	@echo "make check  ruff, format and mypy"
	@echo "make bench  how fast evidence and linkage are against their peers, on this machine"
	@echo "make audit  known vulnerabilities of what is locked (asks an advisory service)    make sbom   what is in it"
	@echo "make lock   renew requirements.txt from pyproject.toml"

setup: .venv/.ready

# The lock is complete, so pip resolves nothing (--no-deps); its own resolver trips over extras with hashes.
# One stamp: the environment is made anew when the lock or the packaging changes.
.venv/.ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3,11) <= sys.version_info[:2] <= (3,13) else "Löfteskollen needs Python 3.11, 3.12 or 3.13 (make setup PYTHON=python3.12)")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: setup
	$(BIN)/lofteskoll sample

up: setup
	$(BIN)/lofteskoll up --demo-identities $(if $(SAMPLE),--config config/samples/strangnas-2021 --database sqlite:///var/sample.db)

# Two processes, each file in one of them: a file's servers and its browser are started once.
test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --max-worker-restart 0

# No Prefect, no browser, no server: for the minute between two edits.
fast: setup
	$(BIN)/python -m pytest -q -n 2 -m "not slow" --ignore tests/flows --ignore tests/browser

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The peers live apart: they are measured against, never shipped.
.venv-peers/.ready: tests/bench-peers.txt tests/channel-peers.txt
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r tests/bench-peers.txt -r tests/channel-peers.txt
	@touch $@

peers: .venv-peers/.ready

# What tests take from npm lies beside them, with a lock of its own.
npm: $(patsubst %/package-lock.json,%/node_modules/.ready,$(wildcard tests/*/package-lock.json tests/*/*/package-lock.json))

%/node_modules/.ready: %/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix $*
	@touch $@

bench: setup peers
	$(BIN)/python -m tests.bench evidence
	$(BIN)/python -m tests.bench linkage

# uv resolves for Python 3.11–3.13 and every platform at once; no index address is written.
lock:
	$(PYTHON) -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv
	.venv-lock/bin/uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --extra test pyproject.toml -o requirements.txt --upgrade

# Apart from what is shipped. It asks the index for advisories, or another service: AUDIT="--vulnerability-service osv".
.venv-audit/.ready:
	$(PYTHON) -m venv .venv-audit
	.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1 cyclonedx-bom==7.5.0
	@touch $@

audit: .venv-audit/.ready
	.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.txt $(AUDIT)

# CycloneDX, from the lock alone: names, versions and hashes.
sbom: .venv-audit/.ready
	mkdir -p var
	.venv-audit/bin/cyclonedx-py requirements --output-reproducible --pyproject pyproject.toml --of JSON -o var/sbom.json requirements.txt

clean:
	rm -rf .venv .venv-audit .venv-lock .venv-peers var published
