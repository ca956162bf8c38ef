"""The built programs that go into the image, and what they say of themselves."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from running import ROOT


@pytest.fixture(scope="session")
def binaries():
    """Where the built programs are: BINARIES, else the release build that infra/up and infra/test make."""
    directory = pathlib.Path(os.environ.get("BINARIES", ROOT / ".build/release"))
    assert (directory / "host").exists(), f"{directory} has no host: build first, with infra/test or infra/up"
    return directory


@pytest.fixture(scope="session")
def functions(binaries):
    """The description of every function, by its path."""
    names = re.findall(r'^ *function\("(?:.*/)?(\w+)"', (ROOT / "Package.swift").read_text(), re.MULTILINE)
    assert names, "Package.swift names no function"
    return {binaries / name: json.loads(subprocess.check_output([binaries / name, "--describe"], timeout=10))
            for name in names}
