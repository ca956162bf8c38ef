"""The page in a real browser: the journey of a person who wants a picture."""

import os
import pathlib

import pytest
from proxy import Proxy
from running import PNG, until
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select, WebDriverWait

# Where the pictures of the README come from; set to renew them.
PICTURES = os.environ.get("DARKROOM_PICTURES")


@pytest.fixture(scope="module")
def browser():
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1200,900",
                     "--force-prefers-reduced-motion", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser, emulator):
    browser.get(emulator.gateway + "/")
    browser.execute_script("localStorage.clear()")
    browser.refresh()
    yield browser
    severe = [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    assert not [message for message in severe if "/api/v1" not in message], severe


def see(page, identifier):
    return page.find_element(By.ID, identifier)


def wait(page, condition, seconds=30):
    """Waits for a condition; what the page replaces while it is looked at is looked at again."""
    return WebDriverWait(page, seconds, 0.05, [StaleElementReferenceException]).until(lambda _: condition())


def picture_file(tmp_path, emulator):
    import requests
    job = emulator.wait_for(emulator.create_job("a picture to start from")["id"])
    path = tmp_path / "start.png"
    path.write_bytes(requests.get(job["results"][0]["url"], timeout=10).content)
    return path


def test_a_person_types_a_prompt_drops_a_picture_and_gets_the_result(page, emulator, tmp_path):
    source = picture_file(tmp_path, emulator)
    emulator.knobs(latency_ms=1500, steps=10)
    see(page, "prompt").send_keys("A harbour at dawn, fog over still water, oil on canvas")
    see(page, "file").send_keys(str(source))
    wait(page, lambda: "is uploaded" in see(page, "file-state").text)
    assert see(page, "upload").get_property("value") == 1
    page.execute_script("""
        const job = document.getElementById("job");
        window.states = [];
        new MutationObserver(() => { if (states.at(-1) !== job.dataset.status) states.push(job.dataset.status); })
          .observe(job, { attributes: true });""")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    states = page.execute_script("return window.states")
    assert states in (["queued", "processing", "completed"], ["awaiting_upload", "queued", "processing", "completed"])
    image = wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#results img"))[0]
    wait(page, lambda: page.execute_script("return arguments[0].naturalWidth", image) == 768)
    link = page.find_element(By.CSS_SELECTOR, "#results a[download]")
    assert link.get_attribute("download").endswith(".png")
    if PICTURES:
        page.set_window_size(1200, 1150)
        page.save_screenshot(str(pathlib.Path(PICTURES) / "page.png"))


def test_the_progress_is_seen_while_the_provider_works(page, emulator):
    emulator.knobs(latency_ms=2000, steps=10)
    see(page, "prompt").send_keys("slowly")
    see(page, "prompt").send_keys(Keys.CONTROL, Keys.ENTER)
    wait(page, lambda: "%" in see(page, "job-state").text)
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")


def test_a_job_is_canceled_and_tried_again(page, emulator):
    emulator.knobs(latency_ms=15_000)
    see(page, "prompt").send_keys("to be canceled by hand")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "processing")
    see(page, "cancel").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "canceled")
    emulator.knobs(latency_ms=100)
    see(page, "retry").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")


def test_errors_are_sentences_beside_what_caused_them(page):
    see(page, "start").click()
    error = see(page, "form-error")
    wait(page, lambda: error.text)
    assert error.text == "Say what the picture should show."
    assert see(page, "prompt").get_attribute("aria-invalid") == "true"
    assert page.switch_to.active_element == see(page, "prompt")


def settings(page):
    page.execute_script("document.querySelector('details').open = true")
    return {element.get_attribute("name"): element for element in page.find_elements(By.CSS_SELECTOR, "#parameters [name]")}


def choose(page, workflow):
    wait(page, lambda: page.find_elements(By.CSS_SELECTOR, f"#workflow option[value='{workflow}']"))
    Select(see(page, "workflow")).select_by_value(workflow)
    return settings(page)


def test_a_workflow_is_chosen_and_its_parameters_are_a_form(page, emulator):
    emulator.knobs(latency_ms=100)
    wait(page, lambda: see(page, "workflow").get_attribute("value") == "flux-schnell")
    assert Select(settings(page)["aspect_ratio"]).first_selected_option.text == "1:1"
    fields = choose(page, "sdxl")
    assert list(fields)[:3] == ["negative_prompt", "width", "height"]
    assert (fields["width"].get_attribute("min"), fields["width"].get_attribute("step")) == ("64", "8")
    for name, value in {"width": "64", "height": "128", "seed": "7"}.items():
        fields[name].clear()
        fields[name].send_keys(value)
    see(page, "prompt").send_keys("a tall fox")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    image = wait(page, lambda: page.find_elements(By.CSS_SELECTOR, "#results img"))[0]
    wait(page, lambda: page.execute_script("return [arguments[0].naturalWidth, arguments[0].naturalHeight]", image)
         == [64, 128])
    job = emulator.api("GET", "/jobs?limit=1", 200).json()["items"][0]
    assert job["workflowId"] == "sdxl" and job["parameters"]["seed"] == 7
    # What was left empty is left to the model.
    assert "negative_prompt" not in job["parameters"]


def test_a_parameter_that_does_not_fit_says_so_beside_itself(page):
    fields = choose(page, "sdxl")
    for name, value in {"width": "65", "guidance_scale": "99"}.items():
        fields[name].clear()
        fields[name].send_keys(value)
    page.execute_script("document.querySelector('details').open = false")
    see(page, "prompt").send_keys("a fox")
    see(page, "start").click()
    width = see(page, "parameter-width")
    wait(page, lambda: width.get_attribute("aria-invalid") == "true")
    assert see(page, "parameter-width-error").text == "Width must be a multiple of 8."
    assert see(page, "parameter-guidance_scale-error").text == "Guidance must be at most 50."
    assert "parameter-width-error" in width.get_attribute("aria-describedby")
    assert page.switch_to.active_element == width
    assert see(page, "form-error").text == "Please look at what is marked."
    width.clear()
    width.send_keys("64")
    assert see(page, "parameter-width-error").text == ""


def test_with_a_picture_the_workflows_draw_from_one(page, emulator, tmp_path):
    source = picture_file(tmp_path, emulator)
    wait(page, lambda: see(page, "workflow").get_attribute("value") == "flux-schnell")
    see(page, "file").send_keys(str(source))
    wait(page, lambda: see(page, "workflow").get_attribute("value") == "sdxl-image")
    assert "prompt_strength" in settings(page)
    wait(page, lambda: "is uploaded" in see(page, "file-state").text)
    see(page, "clear").click()
    assert see(page, "workflow").get_attribute("value") == "flux-schnell"


def test_a_file_that_is_no_picture_is_refused_at_once(page, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no picture")
    see(page, "file").send_keys(str(path))
    assert "notes.txt is not a PNG" in see(page, "file-state").text


def test_the_page_works_without_events_by_polling(page, emulator):
    emulator.knobs(latency_ms=300)
    page.execute_script("""
        window.EventSource = class extends EventTarget {
          static CLOSED = 2; readyState = 2; close() {}
          constructor() { super(); setTimeout(() => this.dispatchEvent(new Event("error")), 10); }
        };""")
    see(page, "prompt").send_keys("without events")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")


@pytest.fixture
def proxied(page, emulator):
    """The page behind a proxy."""
    with Proxy(emulator.gateway) as proxy:
        page.get(proxy.address)
        yield page, proxy
        page.get("about:blank")


def jobs_named(emulator, prompt):
    return emulator.api("GET", f"/jobs?limit=100&q={prompt}", 200).json()["items"]


def test_what_is_sent_while_it_is_being_sent_is_one_job(proxied, emulator):
    page, proxy = proxied
    proxy.holds.clear()
    see(page, "prompt").send_keys("thricepressed")
    for _ in range(3):
        see(page, "prompt").send_keys(Keys.CONTROL, Keys.ENTER)
    until(lambda: jobs_named(emulator, "thricepressed"), 10)
    proxy.holds.set()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    assert len(jobs_named(emulator, "thricepressed")) == 1
    assert proxy.posts == ["/api/v1/jobs"]


def test_a_job_whose_answer_was_lost_is_not_made_again(proxied, emulator):
    page, proxy = proxied
    proxy.lost = 1
    see(page, "prompt").send_keys("lostanswer")
    see(page, "start").click()
    wait(page, lambda: "Your input is kept; try again" in see(page, "form-error").text)
    assert len(jobs_named(emulator, "lostanswer")) == 1
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    assert len(jobs_named(emulator, "lostanswer")) == 1
    # What is taken is done: the same input asks for another picture.
    see(page, "start").click()
    until(lambda: len(jobs_named(emulator, "lostanswer")) == 2, 10)


def test_other_input_after_a_lost_answer_is_another_job(proxied, emulator):
    page, proxy = proxied
    proxy.lost = 1
    see(page, "prompt").send_keys("changedmind")
    see(page, "start").click()
    wait(page, lambda: "try again" in see(page, "form-error").text)
    see(page, "prompt").send_keys(" twice")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    assert [job["prompt"] for job in jobs_named(emulator, "changedmind")] == ["changedmind twice", "changedmind"]


def test_the_page_polls_where_a_proxy_holds_the_events_back(proxied, emulator):
    page, proxy = proxied
    proxy.is_stalled = True
    see(page, "prompt").send_keys("behind a proxy that buffers")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")


def test_the_page_polls_once_events_have_stopped(page, emulator):
    emulator.knobs(latency_ms=300)
    page.execute_script("""
        window.EventSource = class extends EventTarget {
          static CLOSED = 2; readyState = 1; close() {}
          constructor() { super(); setTimeout(() => this.dispatchEvent(new MessageEvent("status", { data: "{}" })), 10); }
        };""")
    see(page, "prompt").send_keys("one event and no more")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed", 60)


def test_an_answer_that_comes_late_hides_no_newer_one(page, emulator):
    page.execute_script("""
        const send = window.fetch;
        window.looks = 0;
        window.fetch = async (...request) => {
          const isLook = /jobs\\/[0-9a-f-]+$/.test(request[0]);
          const isFirst = isLook && looks++ === 0;
          const answer = await send(...request);
          if (isFirst) await new Promise((resolve) => { window.release = resolve; });
          return answer;
        };""")
    see(page, "prompt").send_keys("overtaken")
    see(page, "start").click()
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    page.execute_async_script("release(); setTimeout(arguments[0], 300)")
    assert see(page, "job").get_dom_attribute("data-status") == "completed"


def choose_file(page, path):
    see(page, "file").send_keys(str(path))


def test_the_same_file_is_taken_again_after_a_failed_upload(page, tmp_path):
    path = tmp_path / "again.png"
    path.write_bytes(PNG)
    page.execute_script("""
        window.sends = 0;
        const send = XMLHttpRequest.prototype.send;
        XMLHttpRequest.prototype.send = function (body) {
          if (window.sends++) return send.call(this, body);
          this.dispatchEvent(new ProgressEvent("error"));
        };""")
    choose_file(page, path)
    wait(page, lambda: "Choose the picture again to retry" in see(page, "file-state").text)
    assert see(page, "file").get_property("value") == ""
    choose_file(page, path)
    wait(page, lambda: see(page, "file-state").text == "again.png is uploaded.")


def test_an_empty_file_is_refused_in_words(page, tmp_path):
    path = tmp_path / "nothing.png"
    path.write_bytes(b"")
    choose_file(page, path)
    assert see(page, "file-state").text == "nothing.png is empty. Choose another picture."


def test_a_file_that_only_claims_to_be_a_picture_is_named_in_words(page, emulator, tmp_path):
    path = tmp_path / "fake.png"
    path.write_bytes(b"no picture at all")
    page.execute_script("""
        const send = window.fetch;
        window.fetch = async (...request) => {
          const answer = await send(...request);
          if (request[0].endsWith("/uploads")) window.imageId = (await answer.clone().json()).imageId;
          return answer;
        };""")
    choose_file(page, path)
    wait(page, lambda: "is uploaded" in see(page, "file-state").text)
    # The service has looked at it; a job made before that would fail instead.
    image = page.execute_script("return window.imageId")
    until(lambda: emulator.api("GET", f"/images/{image}", 200).json()["status"] == "rejected", 10)
    see(page, "prompt").send_keys("from what is no picture")
    see(page, "start").click()
    wait(page, lambda: see(page, "form-error").text)
    reason = "cannot be used: the file is not a PNG, JPEG, WebP or GIF picture."
    assert see(page, "form-error").text == f"The picture {reason}"
    assert see(page, "file-state").text == f"fake.png {reason}"
    assert see(page, "file").get_property("value") == ""


def test_a_picture_that_is_refused_while_its_job_waits_is_let_go(page, tmp_path):
    path = tmp_path / "late.png"
    path.write_bytes(PNG)
    choose_file(page, path)
    wait(page, lambda: "is uploaded" in see(page, "file-state").text)
    page.execute_script("""
        const send = window.fetch;
        window.fetch = async (url, options) => {
          if (options?.method !== "POST" || !url.endsWith("/jobs")) return send(url, options);
          const { prompt, imageId } = JSON.parse(options.body);
          return Response.json({ id: "late", prompt, imageId, status: "failed", errorCode: "upload_rejected",
            errorMessage: "the file is not a PNG, JPEG, WebP or GIF picture" });
        };""")
    see(page, "prompt").send_keys("judged late")
    see(page, "start").click()
    wait(page, lambda: see(page, "job-error").text == "The file is not a PNG, JPEG, WebP or GIF picture.")
    assert see(page, "file-state").text == "late.png cannot be used. Choose another picture."


def test_a_drop_beside_the_zone_does_not_leave_the_page(page):
    prevented = page.execute_script("""
        return ["dragover", "drop"].map((type) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["x"], "x.png", { type: "image/png" }));
          const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
          document.querySelector("header").dispatchEvent(event);
          const text = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() });
          document.querySelector("header").dispatchEvent(text);
          return [event.defaultPrevented, text.defaultPrevented];
        });""")
    assert prevented == [[True, False], [True, False]]


def test_the_address_of_a_section_opens_it(page):
    page.execute_script("location.hash = '#history'")
    wait(page, lambda: see(page, "history").is_displayed() and not see(page, "generate").is_displayed())
    page.execute_script("location.hash = '#main'")
    assert see(page, "history").is_displayed()


def test_history_lists_searches_and_filters(page, emulator):
    emulator.knobs(latency_ms=50)
    emulator.wait_for(emulator.create_job("a unicorn in the history")["id"])
    emulator.wait_for(emulator.create_job("a badger in the history")["id"])
    see(page, "tab-history").click()
    wait(page, lambda: len(page.find_elements(By.CSS_SELECTOR, "#jobs li")) >= 2)
    see(page, "query").send_keys("unicorn")
    wait(page, lambda: [card.text.split("\n")[0] for card in page.find_elements(By.CSS_SELECTOR, "#jobs li p")]
         == ["a unicorn in the history"])
    Select(see(page, "status")).select_by_value("failed")
    wait(page, lambda: see(page, "empty").is_displayed())


def test_architecture_shows_the_live_endpoints_and_services(page):
    see(page, "tab-architecture").click()
    wait(page, lambda: "/api/v1/jobs" in see(page, "endpoints").text)
    wait(page, lambda: "postgres: up" in see(page, "health").text)


def test_tabs_are_reached_and_moved_by_keyboard(page):
    tab = see(page, "tab-generate")
    page.execute_script("arguments[0].focus()", tab)
    tab.send_keys(Keys.ARROW_RIGHT)
    assert page.switch_to.active_element.get_attribute("id") == "tab-history"
    assert see(page, "history").is_displayed() and not see(page, "generate").is_displayed()
    page.switch_to.active_element.send_keys(Keys.END)
    assert see(page, "tab-architecture").get_attribute("aria-selected") == "true"


def test_the_theme_is_kept(page):
    before = page.execute_script("return document.documentElement.dataset.theme")
    see(page, "theme").click()
    after = page.execute_script("return document.documentElement.dataset.theme")
    assert {before, after} == {"dark", "light"}
    page.refresh()
    assert page.execute_script("return document.documentElement.dataset.theme") == after


def test_every_control_has_a_name_and_the_page_is_small(page, emulator):
    nameless = page.execute_script("""
        return [...document.querySelectorAll("button, input, select, textarea, progress, img")].filter((element) =>
          !(element.labels?.length || element.ariaLabel || element.getAttribute("aria-labelledby")
            || element.textContent.trim() || element.tagName === "IMG" && element.hasAttribute("alt")))
          .map((element) => element.outerHTML)""")
    assert nameless == []
    size = page.execute_script("""
        const paths = ["/", ...performance.getEntriesByType("resource").map((entry) => entry.name)
          .filter((name) => name.includes("/assets/"))];
        return Promise.all(paths.map((path) => fetch(path).then((answer) => answer.arrayBuffer())))
          .then((bodies) => bodies.reduce((sum, body) => sum + body.byteLength, 0))""")
    assert 0 < size < 60 * 1024


def test_the_dashboard_shows_functions_and_invocations(browser, emulator):
    emulator.wait_for(emulator.create_job("seen on the dashboard")["id"])
    browser.get(emulator.addresses["dashboard"] + "/")
    wait(browser, lambda: "GenerateImage" in browser.find_element(By.TAG_NAME, "body").text)
    if PICTURES:
        browser.set_window_size(1200, 1000)
        until(lambda: "CreateJob" in browser.find_element(By.TAG_NAME, "body").text, 10)
        browser.save_screenshot(str(pathlib.Path(PICTURES) / "dashboard.png"))


def test_a_picture_is_shown_as_far_as_it_is(page, emulator):
    emulator.knobs(latency_ms=9000)
    emulator.create_job("a harbour seen before it is finished", workflowId="openai-image")
    see(page, "tab-history").click()
    link = wait(page, lambda: page.find_elements(By.PARTIAL_LINK_TEXT, "seen before it is finished"))[0]
    link.click()
    wait(page, lambda: see(page, "so-far").is_displayed())
    wait(page, lambda: page.execute_script("return document.getElementById('so-far').naturalWidth") > 0)
    first = see(page, "so-far").get_attribute("src")
    wait(page, lambda: see(page, "so-far").is_displayed() and see(page, "so-far").get_attribute("src") != first)
    wait(page, lambda: see(page, "job").get_dom_attribute("data-status") == "completed")
    assert not see(page, "so-far").is_displayed()
    assert page.find_elements(By.CSS_SELECTOR, "#results img")
