"""The import law of the design, the length of files, and what no source file may do."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src" / "voicemine").rglob("*.py"))


def test_the_import_law_holds() -> None:
    code = "from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_are_short() -> None:
    lengths = {p.name: len(p.read_text("utf-8").splitlines()) for p in SOURCES}
    assert {n: k for n, k in lengths.items() if k > 400} == {}
    assert statistics.median(lengths.values()) <= 120


def test_no_pickle_no_print_no_naked_assert() -> None:
    faults = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(n.split(".")[0] in ("pickle", "joblib", "shelve", "marshal", "dill") for n in names):
                faults.append(f"{path.name}: pickles")
            if isinstance(node, ast.Assert):
                faults.append(f"{path.name}:{node.lineno}: assert")
            if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
                    and "cli" not in path.parts):
                faults.append(f"{path.name}:{node.lineno}: print")
    assert faults == []
