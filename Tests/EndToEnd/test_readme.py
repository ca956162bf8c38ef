"""Every command of the README, as it stands there."""

import os
import re
import subprocess

import pytest
from running import ROOT

README = (ROOT / "README.md").read_text()
COMMANDS = [block.strip() for block in re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)]
# What runs this very test, and how its emulator was started.
RUN_ALREADY = {"./infra/up", "./infra/test"}
# The benchmarks take minutes and want a quiet machine: this is the one command that is not run here.
BENCHMARKS = ".build/python/bin/python Tests/Benchmarks/run.py"


def test_the_readme_begins_with_its_two_commands():
    assert COMMANDS[:2] == ["./infra/up", "./infra/test"]
    assert BENCHMARKS in COMMANDS


def standing_addresses(emulator):
    """The addresses the README names, and those of the emulator that runs for the tests."""
    a = emulator.addresses
    return {"http://127.0.0.1:7071": a["gateway"], "http://127.0.0.1:7072": a["dashboard"],
            "http://127.0.0.1:9000": a["s3"]["endpoint"], "http://127.0.0.1:7080": emulator.replicate.rsplit("/", 1)[0]}


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in RUN_ALREADY and c != BENCHMARKS])
def test_a_command_of_the_readme_works(emulator, command):
    for standard, actual in standing_addresses(emulator).items():
        command = command.replace(standard, actual)
    # The emulator's verbs find it by its data folder, which is not the standard one here.
    command = re.sub(r"(emulator (?:list|invoke|logs|storage \w+)\b)", rf"\1 --data {emulator.data}", command)
    answer = subprocess.run(
        ["bash", "-euc", command], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PATH": f"{ROOT}/.build/python/bin:{os.environ['PATH']}"})
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert answer.stdout.strip()


def test_the_function_of_the_readme_compiles_as_it_stands_in_the_documentation():
    example = re.search(r"^```swift\n(.*?)^```", README, re.DOTALL | re.MULTILINE).group(1)
    source = (ROOT / "Runtime/Function/Function.swift").read_text()
    documented = "\n".join(line.removeprefix("///").removeprefix("     ") for line in source.splitlines()
                           if line.startswith("///     "))
    for line in example.split("struct Greeting")[0].strip().splitlines():
        assert line.strip() in documented, line
