"""The emulator's verbs with arguments that cannot be right: what is wrong, in words, and an exit status that says so."""

import os
import pathlib
import subprocess
import tempfile

import pytest
from running import ROOT

PROGRAM = os.environ.get("DARKROOM_EMULATOR", str(ROOT / ".build/release/emulator"))


def refused(*arguments, environment=None):
    """What a verb that fails says on standard error."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, cwd=ROOT,
                          env={**os.environ, **(environment or {})})
    assert done.returncode != 0, done.stdout
    for noise in ("NSCocoaErrorDomain", "UserInfo", "Success"):
        assert noise not in done.stderr, done.stderr
    return done.stderr


@pytest.mark.parametrize("verb", ["list", "describe"])
def test_a_program_that_is_no_function_is_named_with_the_reason(verb):
    assert "/bin/true: --describe printed no description" in refused(verb, "--function", "/bin/true")


def test_logs_and_calls_of_a_function_that_is_not_there_name_those_that_are(emulator):
    for verb in ("logs", "invoke"):
        words = refused(verb, "Nope", "--data", emulator.data)
        assert "there is no function Nope" in words and "CreateJob" in words


@pytest.mark.parametrize("arguments, words", [
    (["migrate", "--database", "postgres://127.0.0.1:1/x", "--migrations", "/nowhere"], ["/nowhere", "infra/migrations"]),
    (["migrate", "--database", "postgres://user:hidden@127.0.0.1:1/x"], ["127.0.0.1:1", "DATABASE_URL"]),
    (["start", "--port", "0", "--functions", "/nowhere"], ["/nowhere", "No such file"]),
])
def test_what_is_not_there_is_named(tmp_path, arguments, words):
    said = refused(*arguments, "--data", tmp_path / "data")
    assert all(word in said for word in words), said
    assert "hidden" not in said
    assert not (tmp_path / "data" / "postgres").exists(), "a cluster was made for a start that could not be"


def test_a_data_folder_that_is_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    assert f"{tmp_path}/file is no folder" in refused("start", "--port", "0", "--data", tmp_path / "file")


def test_a_file_where_the_cluster_belongs_is_left_alone():
    # A folder that the account that runs Postgres can enter, too.
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        cluster = pathlib.Path(folder, "data", "postgres")
        cluster.parent.mkdir()
        cluster.write_text("mine")
        assert f"{cluster} is to be the folder of a Postgres cluster" in refused(
            "start", "--port", "0", "--data", cluster.parent)
        assert cluster.read_text() == "mine"
