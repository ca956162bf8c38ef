"""ComfyUI's stand-in, spoken to as its own scripts do: documented routes, and a WebSocket with the real one's messages."""

import io
import json
import struct
import threading
import uuid

import pytest
import requests
from running import until
from websockets.sync.client import connect

GRAPH = {
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5-pruned-emaonly.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 96, "height": 64, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a harbour", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
    "3": {"class_type": "KSampler", "inputs": {
        "seed": 7, "steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0,
        "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "out/harbour", "images": ["8", 0]}},
}


class ComfyUI:
    def __init__(self, base):
        self.base = base
        self.client = str(uuid.uuid4())

    def get(self, path, expect=200, **query):
        answer = requests.get(self.base + path, params=query, timeout=20)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text}"
        return answer

    def post(self, path, body=None, expect=200, **options):
        answer = requests.post(self.base + path, json=body, timeout=20, **options)
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text}"
        return answer

    def queue(self, graph=None, expect=200, headers=None, **more):
        body = {"prompt": graph or GRAPH, "client_id": self.client, **more}
        return self.post("/prompt", body, expect, headers=headers).json()

    def socket(self, client=None):
        return connect(f"{self.base.replace('http', 'ws')}/ws?clientId={client or self.client}", max_size=None)

    def result(self, prompt):
        return until(lambda: self.get(f"/history/{prompt}").json().get(prompt), 20)

    def pictures(self, prompt):
        outputs = self.result(prompt)["outputs"]
        return [self.get("/view", **image).content for node in outputs.values() for image in node["images"]]


def changed(node, **inputs):
    graph = json.loads(json.dumps(GRAPH))
    graph[node]["inputs"].update(inputs)
    return graph


@pytest.fixture
def comfyui(emulator):
    return ComfyUI(emulator.addresses["providers"]["comfyui"])


def size(png):
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


def events_until_end(socket, prompt):
    """Everything up to the message that says that nothing runs any more."""
    texts, binaries = [], []
    while True:
        message = socket.recv(timeout=20)
        if isinstance(message, bytes):
            binaries.append(message)
            continue
        event = json.loads(message)
        texts.append(event)
        if event["type"] == "executing" and event["data"]["node"] is None and event["data"]["prompt_id"] == prompt:
            return texts, binaries


def test_a_prompt_becomes_a_picture(comfyui):
    answer = comfyui.queue()
    assert answer["node_errors"] == {} and isinstance(answer["number"], int)
    entry = comfyui.result(answer["prompt_id"])
    assert entry["status"]["status_str"] == "success" and entry["status"]["completed"] is True
    assert entry["prompt"][1] == answer["prompt_id"] and entry["prompt"][2] == GRAPH
    assert entry["prompt"][4] == ["9"] and entry["meta"]["9"]["node_id"] == "9"
    (image,) = entry["outputs"]["9"]["images"]
    assert image["subfolder"] == "out" and image["type"] == "output"
    assert image["filename"].startswith("harbour_") and image["filename"].endswith("_.png")
    assert size(comfyui.get("/view", **image).content) == (96, 64)


def test_the_same_prompt_draws_the_same_and_another_seed_another(comfyui):
    first, again = [comfyui.pictures(comfyui.queue()["prompt_id"]) for _ in range(2)]
    assert first == again
    assert comfyui.pictures(comfyui.queue(changed("3", seed=8))["prompt_id"]) != first
    assert len(comfyui.pictures(comfyui.queue(changed("5", batch_size=3))["prompt_id"])) == 3


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_the_messages_come_in_the_order_of_a_real_server(comfyui, prefix):
    comfyui.base += prefix
    with comfyui.socket() as socket:
        hello = json.loads(socket.recv(timeout=20))
        assert hello["type"] == "status" and hello["data"]["sid"] == comfyui.client
        prompt = comfyui.queue()["prompt_id"]
        texts, binaries = events_until_end(socket, prompt)
    kinds = [event["type"] for event in texts if event["type"] not in ("status", "progress_state")]
    steps = kinds.count("progress")
    assert steps == 3
    assert kinds == [
        "execution_start", "execution_cached", "executing", "executing", "executing", "executing", "executing",
        *["progress"] * steps, "executing", "executing", "executed", "execution_success", "executing"]
    assert texts[0]["type"] == "status" and texts[0]["data"]["status"]["exec_info"]["queue_remaining"] >= 1
    progress = [event["data"] for event in texts if event["type"] == "progress"]
    assert [(data["value"], data["max"]) for data in progress] == [(1, 3), (2, 3), (3, 3)]
    assert all(data["prompt_id"] == prompt and data["node"] == "3" for data in progress)
    executed = next(event["data"] for event in texts if event["type"] == "executed")
    assert executed["node"] == "9" and executed["output"]["images"][0]["type"] == "output"
    assert len(binaries) == steps
    for binary in binaries:
        assert struct.unpack(">II", binary[:8]) == (1, 2) and size(binary[8:]) == (64, 64)


def test_previews_carry_metadata_for_clients_that_ask(comfyui):
    with comfyui.socket() as socket:
        socket.recv(timeout=20)
        socket.send(json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}}))
        assert json.loads(socket.recv(timeout=20))["type"] == "feature_flags"
        prompt = comfyui.queue()["prompt_id"]
        _, binaries = events_until_end(socket, prompt)
    kind, length = struct.unpack(">II", binaries[0][:8])
    metadata = json.loads(binaries[0][8:8 + length])
    assert kind == 4 and metadata["prompt_id"] == prompt and metadata["image_type"] == "image/png"
    assert size(binaries[0][8 + length:]) == (64, 64)


def test_events_go_to_the_client_that_queued_and_to_its_last_socket(comfyui):
    with comfyui.socket("another") as other, comfyui.socket() as first, comfyui.socket() as second:
        for socket in (other, first, second):
            socket.recv(timeout=20)
        prompt = comfyui.queue()["prompt_id"]
        events_until_end(second, prompt)
        with pytest.raises(TimeoutError):
            first.recv(timeout=0.2)
        heard = [json.loads(other.recv(timeout=20))["type"]]
        try:
            while True:
                heard.append(json.loads(other.recv(timeout=0.2))["type"])
        except TimeoutError:
            pass
        assert set(heard) == {"status"}


def test_the_history_knows_the_end_no_earlier_than_the_socket(comfyui):
    with comfyui.socket() as socket:
        prompt = comfyui.queue()["prompt_id"]
        assert comfyui.get(f"/history/{prompt}").json() == {}
        events_until_end(socket, prompt)
        assert prompt in comfyui.get(f"/history/{prompt}").json()
    assert comfyui.get("/history/unknown").json() == {}


REFUSALS = [
    ({"3": {"inputs": {}}}, "invalid_prompt", None, None),
    ({"3": {"class_type": "Painter", "inputs": {}}}, "invalid_prompt", None, None),
    ({"6": GRAPH["6"], "4": GRAPH["4"]}, "prompt_no_outputs", None, None),
    (changed("3", steps=0), "prompt_outputs_failed_validation", "3", "value_smaller_than_min"),
    (changed("3", steps=99999), "prompt_outputs_failed_validation", "3", "value_bigger_than_max"),
    (changed("3", steps="many"), "prompt_outputs_failed_validation", "3", "invalid_input_type"),
    (changed("3", sampler_name="finger"), "prompt_outputs_failed_validation", "3", "value_not_in_list"),
    (changed("3", model=["4"]), "prompt_outputs_failed_validation", "3", "bad_linked_input"),
    (changed("3", model=["6", 0]), "prompt_outputs_failed_validation", "3", "return_type_mismatch"),
    (changed("8", samples=["99", 0]), "prompt_outputs_failed_validation", "8", "exception_during_inner_validation"),
    ({**GRAPH, "5": {"class_type": "LoadImage", "inputs": {"image": "nowhere.png"}},
      "10": {"class_type": "VAEEncode", "inputs": {"pixels": ["5", 0], "vae": ["4", 2]}},
      "3": changed("3", latent_image=["10", 0])["3"]},
     "prompt_outputs_failed_validation", "5", "custom_validation_failed"),
]


@pytest.mark.parametrize("graph, kind, node, error", REFUSALS)
def test_a_prompt_that_does_not_fit_is_refused_in_comfyuis_words(comfyui, graph, kind, node, error):
    answer = comfyui.queue(graph, expect=400)
    assert answer["error"]["type"] == kind and set(answer["error"]) == {"type", "message", "details", "extra_info"}
    if node is None:
        assert answer["node_errors"] == {}
        return
    problem = answer["node_errors"][node]
    assert problem["class_type"] == graph[node]["class_type"] and problem["dependent_outputs"] == ["9"]
    assert problem["errors"][0]["type"] == error and "input_name" in problem["errors"][0]["extra_info"]


def test_without_a_prompt_nothing_is_queued(comfyui):
    assert comfyui.post("/prompt", {}, 400).json()["error"]["type"] == "no_prompt"


def test_an_output_that_fits_is_drawn_though_another_does_not(comfyui):
    graph = {**GRAPH, "12": {"class_type": "PreviewImage", "inputs": {}}}
    answer = comfyui.queue(graph)
    assert list(answer["node_errors"]) == ["12"]
    assert list(comfyui.result(answer["prompt_id"])["outputs"]) == ["9"]


def test_a_preview_node_writes_to_the_temporary_folder(comfyui):
    graph = {**GRAPH, "9": {"class_type": "PreviewImage", "inputs": {"images": ["8", 0]}}}
    (image,) = comfyui.result(comfyui.queue(graph)["prompt_id"])["outputs"]["9"]["images"]
    assert image["type"] == "temp"
    assert size(comfyui.get("/view", **image).content) == (96, 64)


def test_a_picture_is_uploaded_renamed_on_a_clash_and_drawn_from(comfyui):
    (source,) = comfyui.pictures(comfyui.queue()["prompt_id"])
    name = f"{uuid.uuid4()}.png"

    def upload(content, **fields):
        return requests.post(comfyui.base + "/upload/image", timeout=20, data=fields,
                             files={"image": (name, io.BytesIO(content), "image/png")}).json()

    assert upload(source, subfolder="in") == {"name": name, "subfolder": "in", "type": "input"}
    assert upload(source, subfolder="in")["name"] == name
    assert upload(b"other", subfolder="in")["name"] == name.replace(".png", " (1).png")
    assert upload(source, subfolder="in", overwrite="true")["name"] == name
    assert comfyui.get("/view", filename=name, subfolder="in", type="input").content == source
    graph = {
        **GRAPH, "10": {"class_type": "LoadImage", "inputs": {"image": f"in/{name}"}},
        "11": {"class_type": "VAEEncode", "inputs": {"pixels": ["10", 0], "vae": ["4", 2]}},
        "3": changed("3", latent_image=["11", 0])["3"]}
    (drawn,) = comfyui.pictures(comfyui.queue(graph)["prompt_id"])
    assert drawn != source and size(drawn) == (96, 64)
    assert requests.post(comfyui.base + "/upload/image", timeout=20, data={"x": "y"}).status_code == 400


@pytest.mark.parametrize("query, status", [
    ({}, 404), ({"filename": "nowhere.png"}, 404), ({"filename": "/etc/passwd"}, 400),
    ({"filename": "../x.png"}, 400), ({"filename": "x.png", "subfolder": "../.."}, 400)])
def test_what_is_not_there_cannot_be_viewed(comfyui, query, status):
    assert comfyui.get("/view", status, **query).content == b""


def test_only_the_prompt_itself_is_interrupted_and_a_waiting_one_is_deleted(emulator, comfyui):
    emulator.knobs(latency_ms=30_000, steps=100)
    running, waiting = [comfyui.queue()["prompt_id"] for _ in range(2)]
    until(lambda: [item[1] for item in comfyui.get("/queue").json()["queue_running"]] == [running], 10)
    assert [item[1] for item in comfyui.get("/queue").json()["queue_pending"]] == [waiting]
    assert comfyui.get("/prompt").json() == {"exec_info": {"queue_remaining": 2}}
    comfyui.post("/interrupt", {"prompt_id": waiting})
    assert comfyui.get("/queue").json()["queue_running"][0][1] == running
    comfyui.post("/queue", {"delete": [waiting]})
    assert comfyui.get("/queue").json()["queue_pending"] == []
    comfyui.post("/interrupt", {"prompt_id": running})
    entry = comfyui.result(running)
    assert entry["status"]["status_str"] == "error" and entry["status"]["completed"] is False
    assert [message[0] for message in entry["status"]["messages"]][-1] == "execution_interrupted"
    assert comfyui.get(f"/history/{waiting}").json() == {}


def test_an_interrupt_without_an_id_stops_whatever_runs(emulator, comfyui):
    emulator.knobs(latency_ms=30_000, steps=100)
    prompt = comfyui.queue()["prompt_id"]
    until(lambda: comfyui.get("/queue").json()["queue_running"], 10)
    comfyui.post("/interrupt")
    assert comfyui.result(prompt)["status"]["status_str"] == "error"


def test_a_prompt_at_the_front_is_next(emulator, comfyui):
    emulator.knobs(latency_ms=30_000, steps=100)
    first = comfyui.queue()["prompt_id"]
    until(lambda: comfyui.get("/queue").json()["queue_running"], 10)
    second, third = comfyui.queue()["prompt_id"], comfyui.queue(front=True)["prompt_id"]
    assert [item[1] for item in comfyui.get("/queue").json()["queue_pending"]] == [third, second]
    comfyui.post("/queue", {"clear": True})
    comfyui.post("/interrupt", {"prompt_id": first})
    comfyui.result(first)


def test_the_same_id_is_taken_twice(comfyui):
    own = str(uuid.uuid4())
    assert [comfyui.queue(prompt_id=own)["prompt_id"] for _ in range(2)] == [own, own]
    comfyui.result(own)


def test_a_failing_node_says_which_and_why(emulator, comfyui):
    emulator.knobs(failure_rate=1, failure="no paint")
    with comfyui.socket() as socket:
        prompt = comfyui.queue()["prompt_id"]
        texts, _ = events_until_end(socket, prompt)
    error = next(event["data"] for event in texts if event["type"] == "execution_error")
    assert error["exception_message"] == "no paint" and error["node_id"] == "3" and error["node_type"] == "KSampler"
    entry = comfyui.result(prompt)
    assert entry["status"]["status_str"] == "error" and entry["outputs"] == {}


def test_the_history_is_listed_and_forgotten(comfyui):
    prompt = comfyui.queue()["prompt_id"]
    comfyui.result(prompt)
    assert list(comfyui.get("/history", max_items=1).json()) == [prompt]
    comfyui.post("/history", {"delete": [prompt]})
    assert comfyui.get(f"/history/{prompt}").json() == {}
    comfyui.queue()
    until(lambda: comfyui.get("/history").json(), 10)
    comfyui.post("/history", {"clear": True})
    assert comfyui.get("/history").json() == {}


def test_nodes_models_and_the_system_are_described(comfyui):
    nodes = comfyui.get("/object_info").json()
    assert set(GRAPH[node]["class_type"] for node in GRAPH) <= set(nodes)
    sampler = comfyui.get("/object_info/KSampler").json()["KSampler"]
    assert sampler["input"]["required"]["steps"] == ["INT", {"default": 20, "min": 1, "max": 10000}]
    assert "euler" in sampler["input"]["required"]["sampler_name"][0] and sampler["output"] == ["LATENT"]
    assert comfyui.get("/object_info/Painter").json() == {}
    assert "checkpoints" in comfyui.get("/models").json()
    assert "v1-5-pruned-emaonly.safetensors" in comfyui.get("/models/checkpoints").json()
    comfyui.get("/models/nowhere", 404)
    assert comfyui.get("/system_stats").json()["devices"][0]["type"] == "cuda"
    assert comfyui.get("/features").json()["supports_preview_metadata"] is True
    comfyui.post("/free", {"unload_models": True})
    comfyui.get("/nowhere", 404)


def test_whoever_connects_again_is_told_what_runs(emulator, comfyui):
    emulator.knobs(latency_ms=30_000, steps=100)
    prompt = comfyui.queue()["prompt_id"]
    until(lambda: comfyui.get("/queue").json()["queue_running"], 10)
    with comfyui.socket() as socket:
        heard = [json.loads(socket.recv(timeout=20)) for _ in range(2)]
    assert [event["type"] for event in heard[:1]] == ["status"]
    comfyui.post("/interrupt", {"prompt_id": prompt})
    comfyui.result(prompt)


def test_many_clients_follow_their_own_prompts(emulator, comfyui):
    emulator.knobs(latency_ms=20, steps=2)
    ended = []

    def follow(number):
        one = ComfyUI(comfyui.base)
        with one.socket() as socket:
            prompt = one.queue(changed("3", seed=number))["prompt_id"]
            texts, _ = events_until_end(socket, prompt)
            ids = {event["data"]["prompt_id"] for event in texts if "prompt_id" in event["data"]}
            ended.append(ids == {prompt})

    threads = [threading.Thread(target=follow, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert ended == [True] * 8


# The service's own adapter, and what its operators see


def test_a_job_of_the_catalogue_is_drawn_with_one_prompt(emulator):
    emulator.forget_calls()
    job = emulator.create_job("a harbour in fog", workflowId="comfyui-text", parameters={"width": 96, "height": 64})
    ended = emulator.wait_for(job["id"])
    assert ended["status"] == "completed", ended
    assert (ended["results"][0]["width"], ended["results"][0]["height"]) == (96, 64)
    submits = [call for call in emulator.calls()["calls"] if call["action"] == "submit"]
    assert [(call["provider"], call["reference"]) for call in submits] == [("comfyui", "a harbour in fog")]


def test_a_canceled_job_leaves_nothing_running(emulator, comfyui):
    emulator.knobs(latency_ms=60_000, steps=100)
    jobs = [emulator.create_job(f"slow {number}", workflowId="comfyui-text")["id"] for number in range(2)]
    until(lambda: comfyui.get("/prompt").json()["exec_info"]["queue_remaining"] == 2, 20)
    for job in reversed(jobs):
        emulator.api("POST", f"/jobs/{job}/cancel", 200)
    until(lambda: comfyui.get("/prompt").json()["exec_info"]["queue_remaining"] == 0, 20)


def test_operators_see_status_queue_and_models(emulator):
    status = emulator.api("GET", "/operations/comfyui", 200).json()
    assert status["isUp"] is True and status["version"] and status["restarts"] is False
    assert emulator.api("GET", "/operations/comfyui/queue", 200).json() == {"running": [], "pending": []}
    models = emulator.api("GET", "/operations/comfyui/models", 200).json()
    kinds = {kind["name"]: kind["models"] for kind in models["kinds"]}
    assert {"name": "v1-5-pruned-emaonly.safetensors", "isListed": True} in kinds["checkpoints"]
    refused = emulator.api("POST", "/operations/comfyui/restart", 404).json()
    assert "COMFYUI_CONTAINER" in refused["detail"]
    emulator.api("GET", "/operations/comfyui", 401, headers={"Authorization": "Bearer guessed"})
