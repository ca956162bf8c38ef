"""A running emulator for every suite."""

import pytest

from running import STANDARD_KNOBS, Emulator


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("emulator") / "data")
    yield running
    assert running.stop() == 0, running.log_text()


@pytest.fixture(autouse=True)
def standard_knobs(request):
    """Every test that uses the shared emulator begins with the same stand-ins."""
    if "emulator" in request.fixturenames:
        emulator = request.getfixturevalue("emulator")
        emulator.reset_knobs()
        emulator.knobs(**STANDARD_KNOBS)
