"""Which stand-ins there are, and who is told of them."""

import json
import os
import pathlib
import subprocess

import requests
from running import ROOT, Emulator

PROVIDERS = {"replicate", "fal", "huggingface", "openai", "gemini", "comfyui", "automatic1111"}
ADDRESSES = {
    "REPLICATE_BASE_URL", "FAL_QUEUE_URL", "FAL_REST_URL", "HF_INFERENCE_URL", "OPENAI_BASE_URL", "GEMINI_BASE_URL",
    "COMFYUI_URL", "AUTOMATIC1111_URL"}
KEYS = {"REPLICATE_API_TOKEN", "FAL_KEY", "HF_TOKEN", "OPENAI_API_KEY", "GEMINI_API_KEY"}


def test_every_provider_has_a_stand_in_that_answers(emulator):
    addresses = emulator.addresses["providers"]
    assert PROVIDERS <= addresses.keys()
    for name, url in addresses.items():
        assert url.endswith(f"/{name}")
        answer = requests.get(url, timeout=10, verify=emulator.addresses["providersCertificate"])
        assert answer.status_code < 500
        assert "There is no stand-in" not in answer.text


def test_the_authority_is_another_one_at_each_start_and_its_key_is_nowhere(emulator, tmp_path):
    certificate = pathlib.Path(emulator.addresses["providersCertificate"])
    assert certificate.parent == emulator.data and "PRIVATE" not in certificate.read_text()
    other = Emulator(tmp_path / "data")
    try:
        assert pathlib.Path(other.addresses["providersCertificate"]).read_text() != certificate.read_text()
    finally:
        assert other.stop() == 0


def test_functions_are_led_to_the_stand_ins(emulator):
    environment = emulator.function_environment()
    port = emulator.replicate.rsplit("/", 1)[0]
    for name in ADDRESSES:
        assert environment[name].startswith(port), name
    assert KEYS <= environment.keys() and environment["RESULT_ADDRESSES"] == "any"


def test_a_key_of_ones_own_reaches_functions_alone(tmp_path):
    own = {"FAL_KEY": "my:own", "OPENAI_API_KEY": "sk-mine"}
    emulator = Emulator(tmp_path / "data", environment=own)
    try:
        environment = emulator.function_environment()
        assert environment["FAL_KEY"] == "my:own" and "FAL_QUEUE_URL" not in environment
        assert environment["OPENAI_API_KEY"] == "sk-mine" and "OPENAI_BASE_URL" not in environment
        assert environment["HF_INFERENCE_URL"].startswith("http://127.0.0.1:")
    finally:
        assert emulator.stop() == 0


def test_the_dashboard_shows_what_stand_ins_were_asked(emulator):
    emulator.forget_calls()
    requests.post(
        f"{emulator.replicate}/v1/predictions", json={"version": "7" * 64, "input": {"prompt": "a"}}, timeout=10,
        headers={"authorization": "Bearer r8_test"})
    providers = requests.get(f"{emulator.addresses['dashboard']}/api/providers", timeout=10).json()
    asked = {provider["name"]: provider["standIn"] for provider in providers}
    assert PROVIDERS <= asked.keys()
    assert asked["replicate"]["submit"] == 1 and asked["fal"] == {}


def test_the_help_says_how_stand_ins_are_turned():
    program = os.environ.get("DARKROOM_EMULATOR", ROOT / ".build/release/emulator")
    text = subprocess.run([program, "start", "--help"], capture_output=True, text=True, timeout=30, check=True).stdout
    assert "/_stand-in/knobs" in text and "--providers-tls-port" in text and "FAL_KEY" in text


def test_a_call_can_be_turned_by_its_header(emulator):
    answer = requests.post(
        f"{emulator.replicate}/v1/predictions", json={"version": "7" * 64, "input": {"prompt": "a"}}, timeout=10,
        headers={"authorization": "Bearer r8_test", "x-stand-in": json.dumps({"throttle_rate": 1, "retry_after": 3})})
    assert answer.status_code == 429 and answer.headers["retry-after"] == "3"
