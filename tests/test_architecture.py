"""What deploy/architecture.md and the house style say about the code, held by reading the code.

Every rule is a function that gives the faults it finds; a test plants a fault and sees it caught.
"""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.lua_keys import lua_key_faults

ROOT = Path(__file__).resolve().parents[1]
ANYTHING = frozenset({"*"})
# Layer -> what it may import of ours; those with ANYTHING put the parts together.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "domain": frozenset(),
    "telemetry": frozenset(),
    "config": frozenset({"domain", "store"}),
    "core": frozenset(),
    "services": frozenset({"domain", "telemetry"}),
    "store": frozenset({"domain", "telemetry"}),
    "web": frozenset({"services", "domain", "telemetry"}),
    "worker": frozenset({"services", "domain", "telemetry"}),
    "app": ANYTHING,
    "app_worker": ANYTHING,
    "cli": ANYTHING,
    "demo": ANYTHING,
    "doctor": ANYTHING,
    "running": ANYTHING,
    "ports": frozenset(),
    "__main__": frozenset({"cli"}),
    "__init__": frozenset(),
}
TOP_LEVEL = {
    "chatsvc",
    "widget",
    "deploy",
    "tests",
    "loadtest",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "LICENSE",
}
LONGEST_FILE = 400
# Every frame of the wire stands in one module by agreement: the AsyncAPI document is generated from it.
IN_ONE_PIECE = frozenset({"chatsvc/web/frames.py"})
LONGEST_FUNCTION = 60
USUAL_FUNCTION = 25
USUAL_SHARE = 0.9
CODE_SUFFIXES = {".py", ".lua", ".ts", ".tsx", ".mjs", ".css", ".sh"}
# This machine, every address of it, and the networks that RFC 5737 keeps for examples and nobody can reach.
HARMLESS = re.compile(r"127\.\d+\.\d+\.\d+|0\.0\.0\.0|(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+")
ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")


@dataclass(frozen=True, slots=True)
class Source:
    """One file of code."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)


def listed() -> list[str]:
    """Every file of the project: what git knows, and what is new and not ignored."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return sorted({name for name in answer.stdout.decode().split("\0") if name and (ROOT / name).is_file()})


FILES = listed()


def sources(*folders: str, suffixes: frozenset[str] | set[str] = frozenset({".py"})) -> list[Source]:
    return [
        Source(name, (ROOT / name).read_text(encoding="utf-8"))
        for name in FILES
        if name.startswith(folders) and Path(name).suffix in suffixes
    ]


def layer_of(module: str) -> str:
    """The folder or module directly below the package; `config_kinds` belongs to `config`."""
    parts = module.split(".")
    return (parts[1].split("_")[0] or parts[1]) if len(parts) > 1 else "__init__"


def imported(source: Source) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that a file imports, also inside functions."""
    package = source.name.removesuffix(".py").replace("/", ".").split(".")[:-1]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from chatsvc import store` names the layer only in its alias.
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "chatsvc" else [module]
            yield from ((node.lineno, name) for name in names)


def direction_faults(source: Source) -> list[str]:
    layer = layer_of(source.name.removesuffix(".py").replace("/", "."))
    allowed = MAY_IMPORT.get(layer)
    if allowed is None:
        return [f"{source.name}: `{layer}` is no layer; give it a place in deploy/architecture.md and here"]
    faults = []
    for line, module in imported(source):
        target = layer_of(module)
        if (
            module.split(".")[0] == "chatsvc"
            and target not in {layer, "__init__"}
            and not allowed & {target, "*"}
        ):
            faults.append(f"{source.name}:{line}: {layer} must not import {module}")
        elif layer == "domain" and module.split(".")[0] not in sys.stdlib_module_names | {"chatsvc"}:
            faults.append(f"{source.name}:{line}: the domain must not import {module}")
    return faults


def functions(source: Source) -> Iterator[tuple[str, int]]:
    """Name and length in lines of every function, its decorators left out."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (
                f"{source.name}:{node.lineno} {node.name}",
                (node.end_lineno or node.lineno) - node.lineno + 1,
            )


def size_faults(source: Source) -> list[str]:
    faults = []
    length = source.text.count("\n")
    if length > LONGEST_FILE and source.name not in IN_ONE_PIECE:
        faults.append(f"{source.name}: {length} lines; split it at {LONGEST_FILE}")
    if source.name.endswith(".py"):
        faults += [
            f"{place}: {lines} lines; no function has more than {LONGEST_FUNCTION}"
            for place, lines in functions(source)
            if lines > LONGEST_FUNCTION
        ]
    return faults


def style_faults(source: Source) -> list[str]:
    """Unfinished or switched-off things: reminders in comments, skipped tests, asserts that can't fail."""
    faults = []
    for number, line in enumerate(source.text.splitlines(), 1):
        if re.search(r"\b(TODO|FIXME|XXX|HACK)\b", line):
            faults.append(f"{source.name}:{number}: finish it or make it an issue")
        if re.search(
            r"\b(?:pytest\.(?:skip|mark\.skip|importorskip)|mark\.xfail|(?:it|test|describe)\.(?:skip|only)\()",
            line,
        ):
            faults.append(f"{source.name}:{number}: no test is skipped")
        if re.search(r"\bassert\s+(?:True|1)\s*(?:$|#|,)", line):
            faults.append(f"{source.name}:{number}: this assert can't fail")
    return faults


def address_faults(source: Source) -> list[str]:
    """Addresses of other machines: a test talks to this one only."""
    return [
        f"{source.name}:{number}: {found[0]} is neither a loopback address nor one kept for examples"
        for number, line in enumerate(source.text.splitlines(), 1)
        for found in ADDRESS.finditer(line)
        if not HARMLESS.fullmatch(found[0])
    ]


def sentence_faults(source: Source) -> list[str]:
    """Tests whose docstring doesn't say the behaviour."""
    return [
        f"{source.name}:{node.lineno}: {node.name} has no sentence that says what it shows"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not (ast.get_docstring(node) or "").strip().endswith((".", ":"))
    ]


def event_faults(source: Source) -> list[str]:
    """Log calls whose event is not a snake_case literal, and could so hold what a person wrote."""
    faults = []
    for node in ast.walk(source.tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        if node.func.attr not in {"debug", "info", "warning", "error", "exception", "critical"}:
            continue
        if not re.search(r"log", ast.unparse(node.func.value), re.IGNORECASE):
            continue
        event = node.args[0]
        if not (isinstance(event, ast.Constant) and re.fullmatch(r"[a-z][a-z0-9_]*", str(event.value))):
            faults.append(f"{source.name}:{node.lineno}: the event of a log line is a snake_case literal")
    return faults


def show(faults: list[str]) -> str:
    return "\n".join(["", *faults])


def test_imports_point_inwards() -> None:
    """No module imports against the direction of the architecture; the domain imports nothing else."""
    faults = [fault for source in sources("chatsvc/") for fault in direction_faults(source)]
    assert not faults, show(faults)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chatsvc/domain/planted.py", "import chatsvc.store.keys"),
        ("chatsvc/domain/planted.py", "import msgspec"),
        ("chatsvc/services/planted.py", "def f():\n    from chatsvc.web import frames"),
        ("chatsvc/store/planted.py", "from chatsvc import services"),
        ("chatsvc/web/planted.py", "from ..store.keys import PoolKeys"),
        ("chatsvc/telemetry/planted.py", "from chatsvc.domain.errors import ChatError"),
        ("chatsvc/elsewhere/planted.py", ""),
    ],
)
def test_a_wrong_import_is_caught(name: str, text: str) -> None:
    """The check sees a planted import, however it is written and wherever it stands."""
    assert direction_faults(Source(name, text))


def test_scripts_touch_only_declared_keys() -> None:
    """Every key that a Lua script touches comes from KEYS, so that it works on a cluster."""
    scripts = sources("chatsvc/store/lua/", suffixes={".lua"})
    assert scripts
    common = "\n".join(script.text for script in scripts if Path(script.name).name.startswith("_"))
    faults = [f"{script.name}:{fault}" for script in scripts for fault in lua_key_faults(script.text, common)]
    assert not faults, show(faults)


@pytest.mark.parametrize(
    "line",
    [
        'redis.call("HGET", "chatsvc:{p}:meta", "now")',
        'redis.call("HGET", ARGV[1], "now")',
        'redis.call("UNLINK", KEYS[1], "chatsvc:" .. ARGV[1])',
        'local key = "chatsvc:" .. ARGV[1]\nredis.call("GET", key)',
        'local key = KEYS[1]\nkey = key .. ":more"\nredis.call("GET", key)',
        'redis.call("XADD", KEYS[1] .. ":talk", "*", "e", "x")',
        "redis.call(ARGV[1], KEYS[1])",
        'local run = redis.call\nrun("GET", "x")',
        'redis.call("TIME")',
        'redis.pcall("SPUBLISH", "everybody", "hello")',
        'redis.call("EVAL", "return 1", 0)',
    ],
)
def test_an_undeclared_key_is_caught(line: str) -> None:
    """The check sees a key that is built, renamed, passed as an argument or hidden behind another name."""
    assert lua_key_faults(line, "")


@pytest.mark.parametrize(
    "line",
    [
        'local META = KEYS[1]\nreturn redis.call("HGET", META, "now")',
        'local A, B = KEYS[1], KEYS[2]\nredis.call("HSET", B, "a", "x, (y)")',
        'redis.call("ZADD", KEYS[q.line], 1, "x") -- redis.call("GET", "x")',
        'redis.call("UNLINK", KEYS[1], KEYS[2])',
        'local P = string.sub(KEYS[1], 1, -5)\nredis.pcall("SPUBLISH", P .. "all", "x")',
    ],
)
def test_a_declared_key_is_accepted(line: str) -> None:
    """The check has nothing against keys from KEYS and channels made from them."""
    assert lua_key_faults(line, "") == []


def test_files_and_functions_are_short() -> None:
    """No file is longer than 400 lines, no function than 60."""
    code = sources("chatsvc/", "widget/", "tests/", "loadtest/", "deploy/", suffixes=CODE_SUFFIXES)
    faults = [fault for source in code for fault in size_faults(source)]
    assert not faults, show(faults)


def test_most_functions_are_very_short() -> None:
    """Nine of ten functions of the package have fewer than 25 lines."""
    lengths = [lines for source in sources("chatsvc/") for _, lines in functions(source)]
    assert sum(lines < USUAL_FUNCTION for lines in lengths) / len(lengths) >= USUAL_SHARE


def test_a_long_file_and_a_long_function_are_caught() -> None:
    """The check sees a file of 401 lines and a function of 61."""
    assert size_faults(Source("chatsvc/a.py", "\n" * 401))
    assert size_faults(Source("chatsvc/a.py", "def f():\n" + "    pass\n" * 60))
    assert not size_faults(Source("chatsvc/a.py", "def f():\n" + "    pass\n" * 59))


def test_nothing_is_left_unfinished() -> None:
    """No reminders in comments, no skipped tests, no asserts that can't fail."""
    code = [
        source
        for source in sources("", suffixes=CODE_SUFFIXES)
        if source.name != "tests/test_architecture.py"
    ]
    faults = [fault for source in code for fault in style_faults(source)]
    assert not faults, show(faults)


@pytest.mark.parametrize(
    "line",
    ["# TODO later", "    pytest.skip('no store')", "@pytest.mark.skipif(x)", "assert True", 'it.skip("x")'],
)
def test_unfinished_things_are_caught(line: str) -> None:
    """The check sees each kind of unfinished or switched-off thing."""
    assert style_faults(Source("tests/planted.py", line))


def test_tests_stay_on_this_machine() -> None:
    """No test and no load scenario names an address of another machine."""
    code = [
        source for source in sources("tests/", "loadtest/") if source.name != "tests/test_architecture.py"
    ]
    faults = [fault for source in code for fault in address_faults(source)]
    assert not faults, show(faults)


def test_another_machine_is_caught() -> None:
    """The check sees an address that could be somebody's, and lets loopback and example ones pass."""
    assert address_faults(Source("tests/planted.py", 'connect("10.0.0.7")'))
    assert not address_faults(Source("tests/planted.py", 'connect("127.0.0.7", "203.0.113.5", "3.11.7")'))


def test_every_test_says_what_it_shows() -> None:
    """Each test has a docstring that is a sentence."""
    faults = [fault for source in sources("tests/") for fault in sentence_faults(source)]
    assert not faults, show(faults)


def test_a_test_without_a_sentence_is_caught() -> None:
    """The check sees a test whose docstring is missing or no sentence."""
    assert sentence_faults(Source("tests/test_planted.py", "def test_x():\n    pass"))
    assert sentence_faults(Source("tests/test_planted.py", 'def test_x():\n    """works"""'))


def test_log_lines_have_names_and_not_sentences() -> None:
    """The event of every log line is a literal name, so that nothing a person wrote can be in it."""
    faults = [fault for source in sources("chatsvc/") for fault in event_faults(source)]
    assert not faults, show(faults)


@pytest.mark.parametrize(
    "call", ['log.info(f"said {text}")', 'self._log.error("It broke")', "get_logger().info(text)"]
)
def test_a_log_line_with_a_sentence_is_caught(call: str) -> None:
    """The check sees an event that is a variable, a formatted string or prose."""
    assert event_faults(Source("chatsvc/planted.py", call))


def test_the_top_level_is_as_agreed() -> None:
    """The repository's first level holds what was agreed, lock files and dotfiles, and nothing else."""
    there = {name.split("/")[0] for name in FILES}
    extra = {name for name in there - TOP_LEVEL if not name.startswith(".") and not name.endswith(".lock")}
    assert not extra


def test_lock_files_name_no_address() -> None:
    """Lock files hold names, versions and hashes only: whoever installs uses their own package index."""
    locks = [name for name in FILES if name.endswith(".lock")]
    assert locks
    for name in [*locks, "widget/package-lock.json"]:
        text = (ROOT / name).read_text(encoding="utf-8")
        assert '"resolved"' not in text, name
        if name in locks:
            assert "://" not in text, name
            assert all(
                " --hash=sha256:" in entry
                for entry in re.findall(r"^\S+==(?:.|\n)*?(?=^\S|\Z)", text, re.MULTILINE)
            )


def test_dependencies_are_locked() -> None:
    """Every package that pyproject.toml names is in the lock file, pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    runtime, development = project["dependencies"], project["optional-dependencies"]["dev"]
    for wanted, lock in ((runtime, "requirements.lock"), ([*runtime, *development], "requirements-dev.lock")):
        pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        assert {re.split(r"[^A-Za-z0-9_-]", name)[0].lower() for name in wanted} <= pinned
