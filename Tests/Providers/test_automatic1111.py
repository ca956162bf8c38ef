"""The stand-ins of AUTOMATIC1111 and stable-diffusion.cpp, spoken to as their users' scripts do."""

import base64
import json
import struct
import threading
import time

import pytest
import requests
from running import until


def size(picture):
    png = base64.b64decode(picture)
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


class Server:
    def __init__(self, base):
        self.base = base

    def get(self, path, expect=200):
        answer = requests.get(self.base + path, timeout=20)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def post(self, path, body, expect=200):
        answer = requests.post(self.base + path, json=body, timeout=60)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()

    def beside(self, path, body):
        """Posts on a thread of its own; the list gets the answer."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.post(path, body)))
        thread.start()
        return thread, answers


@pytest.fixture
def webui(emulator):
    return Server(emulator.addresses["providers"]["automatic1111"] + "/sdapi/v1")


@pytest.fixture
def sdcpp(emulator):
    return Server(emulator.addresses["providers"]["sdcpp"] + "/sdcpp/v1")


class TestAutomatic1111:
    def test_a_call_is_answered_with_its_picture(self, webui):
        answer = webui.post("/txt2img", {"prompt": "a harbour", "seed": 7, "width": 96, "height": 64})
        (picture,) = answer["images"]
        assert size(picture) == (96, 64)
        assert json.loads(answer["info"])["seed"] == 7 and answer["parameters"]["prompt"] == "a harbour"
        again = webui.post("/txt2img", {"prompt": "a harbour", "seed": 7, "width": 96, "height": 64})
        assert again["images"] == [picture]

    def test_several_pictures_come_behind_a_contact_sheet(self, webui):
        answer = webui.post("/txt2img", {"prompt": "a", "batch_size": 2, "width": 64, "height": 64})
        assert len(answer["images"]) == 3 and json.loads(answer["info"])["index_of_first_image"] == 1

    def test_images_stay_behind_where_they_are_not_wanted(self, webui):
        assert webui.post("/txt2img", {"prompt": "a", "send_images": False})["images"] == []

    def test_a_picture_is_drawn_from(self, webui):
        (source,) = webui.post("/txt2img", {"prompt": "red", "seed": 1, "width": 64, "height": 64})["images"]
        settings = {"prompt": "a", "seed": 2, "width": 64, "height": 64}
        (plain,) = webui.post("/txt2img", settings)["images"]
        (drawn,) = webui.post("/img2img", {**settings, "init_images": [source]})["images"]
        (again,) = webui.post("/img2img", {**settings, "init_images": ["data:image/png;base64," + source]})["images"]
        assert drawn != plain and again == drawn

    def test_progress_tells_the_task_and_shows_the_picture(self, emulator, webui):
        emulator.knobs(latency_ms=1500, steps=5)
        thread, answers = webui.beside("/txt2img", {"prompt": "a", "force_task_id": "task-7", "width": 64, "height": 64})
        report = until(lambda: (now := webui.get("/progress"))["current_image"] and now, 10)
        assert report["current_task"] == "task-7" and 0 < report["progress"] <= 1
        assert size(report["current_image"]) == (64, 64)
        assert webui.get("/progress?skip_current_image=true")["current_image"] is None
        thread.join(20)
        assert len(answers) == 1
        assert webui.get("/progress")["current_task"] is None

    def test_an_interrupt_ends_the_call_early(self, emulator, webui):
        emulator.knobs(latency_ms=20_000, steps=40)
        start = time.monotonic()
        thread, answers = webui.beside("/txt2img", {"prompt": "a", "force_task_id": "task-8"})
        until(lambda: webui.get("/progress")["current_task"] == "task-8", 10)
        webui.post("/interrupt", {})
        thread.join(20)
        assert len(answers[0]["images"]) == 1 and time.monotonic() - start < 19

    @pytest.mark.parametrize("path, body, status", [
        ("/txt2img", {"prompt": "a", "sampler_name": "finger"}, 404), ("/txt2img", {"width": "wide"}, 422),
        ("/img2img", {"prompt": "a"}, 404), ("/nowhere", {}, 404)])
    def test_what_does_not_fit_is_refused(self, webui, path, body, status):
        assert webui.post(path, body, status)["detail"]

    def test_models_samplers_and_options_are_told(self, webui):
        titles = [model["title"] for model in webui.get("/sd-models")]
        assert webui.get("/options")["sd_model_checkpoint"] in titles
        webui.post("/options", {"sd_model_checkpoint": titles[1]})
        assert webui.get("/options")["sd_model_checkpoint"] == titles[1]
        assert "Euler a" in [sampler["name"] for sampler in webui.get("/samplers")]

    def test_a_failure_has_the_servers_form(self, emulator, webui):
        emulator.knobs(failure_rate=1, failure="no paint")
        error = webui.post("/txt2img", {"prompt": "a"}, 500)
        assert error["error"] == "RuntimeError" and error["errors"] == "no paint"


class TestStableDiffusionCpp:
    def ended(self, sdcpp, job):
        return until(lambda: (now := sdcpp.get(f"/jobs/{job}"))["completed"] and now, 20)

    def test_a_job_is_queued_and_becomes_a_picture(self, sdcpp):
        job = sdcpp.post("/img_gen", {"prompt": "a harbour", "width": 96, "height": 64, "seed": 7}, 202)
        assert job["status"] == "queued" and job["kind"] == "img_gen" and job["poll_url"].endswith(job["id"])
        ended = self.ended(sdcpp, job["id"])
        assert ended["status"] == "completed" and ended["error"] is None
        assert size(ended["result"]["images"][0]["b64_json"]) == (96, 64)

    def test_a_waiting_job_is_canceled_and_a_running_one_is_not(self, emulator, sdcpp):
        emulator.knobs(latency_ms=1500)
        running = sdcpp.post("/img_gen", {"prompt": "a"}, 202)["id"]
        waiting = sdcpp.post("/img_gen", {"prompt": "b"}, 202)["id"]
        until(lambda: sdcpp.get(f"/jobs/{running}")["status"] == "generating", 10)
        assert sdcpp.get(f"/jobs/{waiting}")["queue_position"] == 1
        sdcpp.post(f"/jobs/{running}/cancel", {}, 409)
        assert sdcpp.post(f"/jobs/{waiting}/cancel", {})["status"] == "cancelled"
        assert self.ended(sdcpp, waiting)["error"]["code"] == "cancelled"
        assert self.ended(sdcpp, running)["status"] == "completed"

    def test_a_failure_is_told_in_the_job(self, emulator, sdcpp):
        emulator.knobs(failure_rate=1, failure="no paint")
        ended = self.ended(sdcpp, sdcpp.post("/img_gen", {"prompt": "a"}, 202)["id"])
        assert ended["status"] == "failed" and ended["error"] == {"code": "generation_failed", "message": "no paint"}

    def test_unknown_jobs_and_capabilities(self, sdcpp):
        sdcpp.get("/jobs/job_nowhere", 404)
        sdcpp.post("/jobs/job_nowhere/cancel", {}, 404)
        assert sdcpp.get("/capabilities")["supported_modes"] == ["img_gen"]


def test_a_job_of_the_catalogue_is_drawn_with_one_call(emulator):
    emulator.forget_calls()
    parameters = {"width": 96, "height": 64}
    job = emulator.create_job("a harbour in fog", workflowId="automatic1111-text", parameters=parameters)
    ended = emulator.wait_for(job["id"])
    assert ended["status"] == "completed", ended
    assert (ended["results"][0]["width"], ended["results"][0]["height"]) == (96, 64)
    submits = [call for call in emulator.calls()["calls"] if call["action"] == "submit"]
    assert [(call["provider"], call["reference"]) for call in submits] == [("automatic1111", "a harbour in fog")]
