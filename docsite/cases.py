"""The page of test cases: what each test is for, its steps, and what it expects."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEAD = """# Test cases

Made from the tests themselves when this page is built. A file's first sentence is the purpose of
its cases, a test's name is the expected result. *Given* are the parts that it runs on (`cassandra`
is a real node, started for the tests), *steps* the calls that it makes, in their order. `make test`
runs them, but for those marked `full`, which `make drill` adds; `pytest FILE -k NAME` runs one.

"""
OURS = ("stages", "bench", "tests", "docsite", "demo")


@dataclass(frozen=True)
class Case:
    """One test function."""

    name: str
    given: tuple[str, ...]  # its fixtures and parameters
    steps: tuple[str, ...]  # what it calls of the project and of its own file
    parametrised: bool

    @property
    def expected(self) -> str:
        """The name as a sentence."""
        words = self.name.removeprefix("test_").replace("_", " ")
        return words[:1].upper() + words[1:]


def cases(source: str) -> tuple[str, list[Case]]:
    """The purpose and the cases of a test file, in its order."""
    tree = ast.parse(source)
    purpose = (ast.get_docstring(tree) or "").partition("\n")[0]
    return purpose, list(_functions(tree, _own(tree)))


def _own(tree: ast.Module) -> set[str]:
    """The names that a file imports from the project, and the functions that it defines."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in OURS:
            found |= {name.asname or name.name for name in node.names}
    return found


def _functions(tree: ast.Module, own: set[str]) -> Iterator[Case]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            given = tuple(a.arg for a in node.args.args)
            marks = " ".join(ast.unparse(d) for d in node.decorator_list)
            several = "parametrize" in marks or "given(" in marks
            yield Case(node.name, given, _steps(node, own), several)


def _steps(function: ast.FunctionDef, own: set[str]) -> tuple[str, ...]:
    calls = [n for n in ast.walk(function) if isinstance(n, ast.Call)]
    calls.sort(key=lambda call: (call.end_lineno or 0, call.end_col_offset or 0))  # inner first
    names = [ast.unparse(c.func) for c in calls if isinstance(c.func, ast.Name | ast.Attribute)]
    return tuple(dict.fromkeys(n for n in names if n.partition(".")[0] in own and "(" not in n))


def page(root: Path) -> str:
    """The page of all test files below `root`/tests."""
    files = sorted((root / "tests").rglob("test_*.py"))
    found = {file.relative_to(root): cases(file.read_text()) for file in files}
    count = sum(len(listed) for _, listed in found.values())
    lines = [HEAD, f"{count} cases in {len(found)} files.", ""]
    folder = None
    for file, (purpose, listed) in found.items():
        if file.parent != folder:
            folder = file.parent
            lines += [f"## {folder}", ""]
        lines += [f"### {file.name}", "", purpose, "", "| expected | given | steps |"]
        lines.append("| --- | --- | --- |")
        for case in listed:
            given, steps = (", ".join(f"`{n}`" for n in part) for part in (case.given, case.steps))
            several = " (several cases)" if case.parametrised else ""
            lines.append(f"| {case.expected}{several} | {given} | {steps} |")
        lines.append("")
    return "\n".join(lines)
