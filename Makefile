# Two commands matter: `make demo` mines the sample corpus, `make test` passes the tests.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Address of an index that offers CPU builds of PyTorch, where your package index does not (optional).
TORCH_INDEX ?=
TORCH_VERSION := $(shell sed -n 's/^torch==//p' constraints.txt)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test setup check configs clean

demo: $(VENV)/.run
	$(BIN)/voicemine run --config configs/sample.yaml --out demo-out
	@echo "Report: $$(pwd)/demo-out/current/report.html"

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto

# What is written from the code: the commented default configuration and the data dictionary.
configs: $(VENV)/.run
	{ echo "# Every setting, with its default and its meaning. Written by \`make configs\` from the code; copy what you change."; \
	  $(BIN)/voicemine config show; } > configs/default.yaml
	$(BIN)/voicemine tables describe --format markdown > docs/tables.md

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(VENV)/.dev

# The CPU build first: it is a tenth of the size. Where none is offered, the plain build of that version.
$(VENV)/.torch: constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade pip
	$(PIP) install $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) "torch==$(TORCH_VERSION)+cpu" \
	  || $(PIP) install "torch==$(TORCH_VERSION)"
	touch $@

$(VENV)/.run: $(VENV)/.torch pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.run
	$(PIP) install --constraint constraints.txt --editable '.[dev,plot]'
	touch $@

clean:
	rm -rf demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
