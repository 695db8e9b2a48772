"""Give sources that are made to hurt: each is refused or read, in bounded time, without an exception."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from rewriter.code import reads, rewrite

LEAD = 'import os\nx = os.environ["DB_PASSWORD"]\n'
DEEP = 30_000
SHAPES = {
    "brackets": "(" * DEEP + ")" * DEEP,
    "open brackets": "[" * DEEP,
    "lists": "x = " + "[" * 200 + "]" * 200,
    "many deep lists": ("x = " + "[" * 50 + "]" * 50 + "\n") * 3000,
    "minus": "x = " + "-" * DEEP + "1",
    "sum": "x = " + "1 + " * DEEP + "1",
    "attributes": "x = a" + ".a" * DEEP,
    "subscripts": "x = a" + "[0]" * DEEP,
    "not": "x = " + "not " * DEEP + "1",
    "lambda": "x = " + "lambda:" * DEEP + "1",
    "conditional": "x = " + "1 if a else " * DEEP + "1",
    "elif": "if a: pass\n" + "elif a: pass\n" * 20_000,
    "indentation": "".join(" " * depth + "if a:\n" for depth in range(400)),
    "strings": "x = " + '"a" ' * DEEP,
    "open string": 'x = """' + "a" * DEEP,
    "f-strings": "x = " + "f'{" * 500 + "}'" * 500,
    "null byte": "x = '\0'",
    "not UTF-8": "x = '\udcff'\n",
    "nonsense": "$$$ ((( def",
    "long": "a = 1\n" * 200_000,
    "carriage returns": "a = 1\r" * 1000,
    "braces": "{" * DEEP,
    "tags": "<a>" * 20_000,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_python_is_bounded(shape: str) -> None:
    _bounded("main.py", LEAD + SHAPES[shape])


@pytest.mark.parametrize("shape", ["brackets", "sum", "braces", "null byte", "not UTF-8"])
@pytest.mark.parametrize("path", ["a.js", "a.tsx", "a.go", "a.rb", "a.php", "a.java", "a.sh"])
def test_other_languages_are_bounded(path: str, shape: str) -> None:
    lead = {
        "js": "process.env.DB_PASSWORD;\n", "go": 'package a\n\nvar y = os.Getenv("DB_PASSWORD")\n',
        "rb": 'ENV["DB_PASSWORD"]\n', "php": "<?php\ngetenv('DB_PASSWORD');\n",
        "java": 'class A { String a = System.getenv("DB_PASSWORD"); }\n', "sh": 'echo "$DB_PASSWORD"\n',
    }  # fmt: skip
    _bounded(path, lead.get(path.split(".")[1], lead["js"]) + SHAPES[shape])


def test_a_refused_source_names_the_line_of_the_secret() -> None:
    plan = rewrite({"main.py": LEAD + SHAPES["brackets"]}, {"DB_PASSWORD": "db_password"})
    (only,) = plan.refusals
    assert (only.path, only.line, only.name) == ("main.py", 2, "DB_PASSWORD")
    assert only.detail == "the file cannot be read: its expressions are nested too deeply or too long"


def test_bytes_that_are_not_utf_8_stay_as_they_are() -> None:
    text = f"# \udce9\n{LEAD}"
    plan = rewrite({"main.py": text}, {"DB_PASSWORD": "db_password"})
    assert plan.rewritten == {"DB_PASSWORD"}
    assert all(one.edit.span.start >= text.index("import") for one in plan.edits)


def test_parsers_are_loaded_only_when_a_file_needs_them() -> None:
    script = (
        "import sys; from rewriter.code import reads, rewrite\n"
        "reads('a.py', 'import json'); reads('a.js', 'f(1)'); reads('a.txt', 'os.environ')\n"
        "rewrite({'a.py': 'x = 1', 'a.go': 'package a'}, {'DB_PASSWORD': 'db_password'})\n"
        "print(sorted(name for name in sys.modules if name in ('libcst', 'ast_grep_py', 'jinja2')))\n"
        "reads('a.py', 'import os; os.environ'); reads('a.js', 'process.env.A')\n"
        "print(sorted(name for name in sys.modules if name in ('libcst', 'ast_grep_py', 'jinja2')))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split("\n")[:2] == ["[]", "['ast_grep_py', 'libcst']"]


def _bounded(path: str, text: str) -> None:
    start = time.process_time()
    reads(path, text)
    plan = rewrite({path: text}, {"DB_PASSWORD": "db_password"})
    assert plan.rewritten == {"DB_PASSWORD"} or plan.refusals
    assert time.process_time() - start < 30
