"""That every benchmark runs and compares. What it measures is for whoever reads it."""

import pathlib
import re
import subprocess
import sys

import pytest

RUN = pathlib.Path(__file__).parent / "run.py"
NAMES = re.search(r"^Names: ([^.]+)\.", RUN.read_text(), re.MULTILINE).group(1).split(", ")


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs_and_names_its_peer(name):
    result = subprocess.run([sys.executable, RUN, "--quick", name], capture_output=True, text=True, timeout=170)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "(peer: " in result.stdout, result.stdout
    rows = re.findall(r"^  \S.* +\d+\.\d\d +\d+\.\d\d +(?:\d+\.\d\d|-)", result.stdout, re.MULTILINE)
    assert rows, result.stdout


def test_a_benchmark_that_is_not_there_is_named():
    result = subprocess.run([sys.executable, RUN, "nothing"], capture_output=True, text=True, timeout=60)
    assert result.returncode != 0 and "there is no benchmark nothing (there are " in result.stderr
