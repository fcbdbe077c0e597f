"""The command line begins fast, and leaves as a shell expects."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cli import COMMANDS

ROOT = Path(__file__).parents[2]

HEAVY = {
    "torch", "numpy", "pandas", "transformers", "pydantic", "sqlalchemy", "matplotlib", "jinja2", "fastapi",
    "rich", "pyarrow", "exchange_calendars", "statsmodels", "httpx2", "feedparser", "lingua", "datasets",
}  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["summary", "--help"], ["ingest", "--help"], ["evaluate", "--help"]],
)
def test_help_imports_nothing_heavy(arguments):
    code = "import sys, cli\ncode = cli.run(sys.argv[1:])\nprint(*sys.modules, sep='\\n')\nsys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {line.partition(".")[0] for line in done.stdout.splitlines()}
    assert "click" in loaded
    assert loaded & HEAVY == set()


@pytest.fixture
def loaded(desk_folder):
    """Return a function that runs a command in a process of its own and names the packages that it loads."""
    code = "import sys, cli\ncode = cli.run(sys.argv[1:])\nprint(*sys.modules, sep='\\n')\nsys.exit(code)"

    def load(*arguments: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            cwd=desk_folder, capture_output=True, text=True, check=True, timeout=60,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        return {line.partition(".")[0] for line in done.stdout.splitlines()}

    return load


def test_tagging_a_headline_loads_no_more_than_torch_and_what_it_needs(loaded):
    # Each costs a tenth of a second or more, transformers two seconds.
    idle = HEAVY - {"torch", "numpy", "pydantic", "rich", "lingua"} | {"scipy", "sklearn", "huggingface_hub"}
    packages = loaded("tag", "Inflation is back")
    assert "torch" in packages
    assert packages & idle == set()


def test_a_summary_reads_scores_without_loading_the_model(loaded):
    packages = loaded("summary", "--market", "XNYS", "--date", "2026-07-29")
    assert "sqlalchemy" in packages
    assert packages & {"torch", "transformers", "tokenizers", "lingua"} == set()


def test_help_names_every_command_with_a_sentence(say):
    code, out, _ = say("--help")
    assert code == 0
    for name in COMMANDS:
        line = next(line for line in out.splitlines() if line.strip().startswith(f"{name} "))
        assert len(line.split()) > 3


def test_causewire_alone_prints_its_help(say):
    assert say() == say("--help")
    assert say()[0] == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(say, name):
    code, out, _ = say(name, "--help")
    assert code == 0
    assert out.startswith(f"Usage: causewire {name}")


def test_training_says_what_it_writes_over_and_how_long_it_goes_on_by_itself(say):
    from training.recipe import Recipe

    said = " ".join(say("train", "--help")[1].split())
    assert "[default: without --data, the one that ships, which is written over]" in said
    assert f"[default: {Recipe().epochs:g}; more where rows are few]" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sumary"], "No such command 'sumary'"),
        (["summary", "--markt", "X"], "No such option '--markt'"),
        (
            ["summary", "--market", "XNYS", "--date", "29 July"],
            "'29 July' is no date; write it as 2026-07-29",
        ),
        (
            ["summary", "--market", "XNYS", "--as-of", "2026-07-29T10:00"],
            "'2026-07-29T10:00' has no zone; write it as 2026-07-29T10:00Z for UTC",
        ),
        (
            ["summary", "--market", "XNYS", "--as-of", "2026-07-29"],
            "'2026-07-29' has no zone; write it as 2026-07-29T00:00Z for UTC",
        ),
        (["score", "in.csv"], "Missing option '--out'"),
        (["tag", "--waiting", "--", "--debug"], "--waiting takes no texts"),
        (["tag", "--waiting", "--json"], "--waiting has no --json; leave it out"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(say, arguments, said):
    code, out, err = say(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_debug_shows_where_an_error_comes_from(cli):
    plain, debug = (
        cli("--config", "no.toml", "feeds", "list"),
        cli("--config", "no.toml", "--debug", "feeds", "list"),
    )
    assert (plain.returncode, debug.returncode) == (2, 2)
    assert plain.stderr.count("\n") == 1
    assert "Traceback" in debug.stderr


def test_a_reader_that_leaves_early_is_no_error(desk_folder):
    done = subprocess.run(
        f"{sys.executable} -m cli feeds list --json | head -1",
        shell=True, cwd=desk_folder, capture_output=True, text=True, check=True, timeout=60,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "[\n"
    assert done.stderr == ""


def test_an_interrupt_leaves_with_130_and_no_traceback(desk_folder):
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--port", "0"],
        cwd=desk_folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert "serving http://127.0.0.1:" in process.stdout.readline()
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert "Traceback" not in err
    assert process.returncode in {0, 130}
