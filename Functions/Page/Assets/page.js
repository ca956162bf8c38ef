// The whole page. Web standards only: fetch, EventSource, XMLHttpRequest (for upload progress), no build step.

import { chosenWorkflow, clearErrors, drawFromPicture, loadWorkflows, parameters, showErrors, workflowName } from "./workflows.js";

const api = "/api/v1";
const $ = (id) => document.getElementById(id);
const terminal = new Set(["completed", "failed", "canceled"]);
const mebibyte = 1024 * 1024;

// A problem as a sentence: RFC 9457 problem details where the service sent them.
class Problem extends Error {
  constructor(message, errors = []) {
    super(message);
    this.errors = errors;
  }
}

// What the API calls its fields, in words of this page.
const labels = {
  prompt: "The prompt", priority: "The priority", imageId: "The picture", size: "The size of the picture",
  contentType: "The type of the picture", filename: "The name of the picture", workflowId: "The workflow",
};
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
const explain = ({ message, errors = [] }) => errors.length && errors.every((error) => labels[error.field] && error.message)
  ? errors.map((error) => sentence(`${labels[error.field]} ${error.message}`)).join(" ") : sentence(message);

async function call(method, path, body, headers = {}) {
  let response;
  try {
    response = await fetch(api + path, {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem("The service does not answer. Is the emulator running? Your input is kept; try again.");
  }
  if (response.ok) return response.status === 204 ? null : response.json();
  const problem = await response.json().catch(() => ({}));
  const wait = response.headers.get("retry-after");
  const detail = problem.detail || problem.title || `The service answered with status ${response.status}.`;
  throw new Problem(wait ? `${detail} Try again in ${wait} s.` : detail, problem.errors);
}

// --- Tabs: roving focus and the location's hash ---------------------------------------------------------------------

const tabs = [...document.querySelectorAll("[role=tab]")];

function select(tab, focus = false) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    $(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  const name = tab.getAttribute("aria-controls");
  if (focus) tab.focus();
  if (location.hash !== `#${name}`) history.replaceState(null, "", `#${name}`);
  if (name === "history") listJobs();
  if (name === "architecture") showArchitecture();
}

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = event.key === "Home" ? tabs[0] : event.key === "End" ? tabs.at(-1)
      : step ? tabs[(index + step + tabs.length) % tabs.length] : null;
    if (!target) return;
    event.preventDefault();
    select(target, true);
  });
}

const tabOf = (hash) => tabs.find((tab) => `#${tab.getAttribute("aria-controls")}` === hash);
addEventListener("hashchange", () => { if (tabOf(location.hash)) select(tabOf(location.hash)); });

// --- Theme: the system's choice until the person makes one ------------------------------------------------------------

const light = matchMedia("(prefers-color-scheme: light)");
const theme = () => localStorage.getItem("theme") ?? (light.matches ? "light" : "dark");
const applyTheme = () => { document.documentElement.dataset.theme = theme(); };
light.addEventListener("change", applyTheme);
$("theme").addEventListener("click", () => {
  localStorage.setItem("theme", theme() === "light" ? "dark" : "light");
  applyTheme();
});
applyTheme();

// --- Upload: straight to storage by a signed URL ----------------------------------------------------------------------

let upload = null; // { name, imageId, ready: Promise }

function put(target, file, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(target.method ?? "PUT", target.url);
    for (const [name, value] of Object.entries(target.headers ?? {})) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    });
    request.addEventListener("load", () => request.status < 300 ? resolve()
      : reject(new Problem(`Storage refused the picture (status ${request.status}). Choose it again to retry.`)));
    request.addEventListener("error", () => reject(new Problem("The upload was interrupted. Choose the picture again to retry.")));
    request.send(file);
  });
}

async function startUpload(file) {
  clearUpload();
  if (!file.type.match(/^image\/(png|jpeg|webp|gif)$/)) return giveUp(`${file.name} is not a PNG, JPEG, WebP or GIF picture.`);
  if (file.size === 0) return giveUp(`${file.name} is empty. Choose another picture.`);
  if (file.size > 50 * mebibyte) return giveUp(`${file.name} is larger than 50 MB. Choose a smaller picture.`);
  const mine = upload = { name: file.name };
  drawFromPicture(true);
  $("preview").src = URL.createObjectURL(file);
  $("preview").hidden = $("upload").hidden = $("clear").hidden = false;
  say("file-state", `Uploading ${file.name}…`);
  mine.ready = (async () => {
    const created = await call("POST", "/uploads", { filename: file.name, contentType: file.type, size: file.size });
    await put(created.upload, file, (part) => { if (upload === mine) $("upload").value = part; });
    mine.imageId = created.imageId;
    if (upload === mine) {
      $("upload").value = 1;
      say("file-state", `${file.name} is uploaded.`);
    }
  })();
  mine.ready.catch((problem) => { if (upload === mine) giveUp(explain(problem)); });
}

// Without its value the input takes the same file again.
function giveUp(reason) {
  $("file").value = "";
  clearUpload();
  say("file-state", reason);
}

function clearUpload() {
  if ($("preview").src) URL.revokeObjectURL($("preview").src);
  upload = null;
  drawFromPicture(false);
  $("preview").removeAttribute("src");
  $("upload").value = 0;
  $("preview").hidden = $("upload").hidden = $("clear").hidden = true;
  say("file-state", "PNG, JPEG, WebP or GIF, up to 50 MB. Optional.");
}

const say = (id, text) => { $(id).textContent = text; };

$("file").addEventListener("change", () => { if ($("file").files[0]) startUpload($("file").files[0]); });
$("clear").addEventListener("click", () => { $("file").value = ""; clearUpload(); $("file").focus(); });
for (const [type, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  $("drop").addEventListener(type, (event) => {
    event.preventDefault();
    $("drop").classList.toggle("over", over);
    if (type !== "drop" || !event.dataTransfer.files[0]) return;
    $("file").value = "";
    startUpload(event.dataTransfer.files[0]);
  });
}
// A file beside the zone would be opened instead of this page.
for (const type of ["dragover", "drop"]) {
  document.addEventListener(type, (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
}

// --- Generate ---------------------------------------------------------------------------------------------------------

$("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("form").requestSubmit();
});

let busy = false;
let intent = null; // { text, key }: what was asked for and is not known to be taken. Asked again, it is the same job.

function keyOf(body) {
  const text = JSON.stringify(body);
  const random = () => crypto.getRandomValues(new Uint32Array(4)).join("-");
  if (intent?.text !== text) intent = { text, key: random() };
  return intent.key;
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (busy) return; // The button is disabled, but Ctrl+Enter does not ask it.
  say("form-error", "");
  clearErrors();
  $("prompt").removeAttribute("aria-invalid");
  const prompt = $("prompt").value.trim();
  if (!prompt) return refuse(new Problem("Say what the picture should show.", [{ field: "prompt" }]));
  busy = $("start").disabled = true;
  try {
    await upload?.ready;
    const body = { prompt, workflowId: chosenWorkflow()?.id, parameters: parameters(), priority: $("priority").value };
    if (upload?.imageId) body.imageId = upload.imageId;
    const job = await call("POST", "/jobs", body, { "idempotency-key": keyOf(body) });
    intent = null;
    watch(job);
    $("job-title").focus();
  } catch (problem) {
    refuse(problem);
  } finally {
    busy = $("start").disabled = false;
  }
});

function refuse(problem) {
  const errors = problem.errors ?? [];
  const rest = showErrors(errors);
  say("form-error", errors.length && !rest.length ? "Please look at what is marked." : explain({ message: problem.message, errors: rest }));
  const picture = rest.find((error) => error.field === "imageId");
  if (picture && upload) giveUp(`${upload.name} ${picture.message}.`);
  if (rest.some((error) => error.field === "prompt")) {
    $("prompt").setAttribute("aria-invalid", "true");
    $("prompt").focus();
  }
}

// --- One job, live: server-sent events, polling where they fail ------------------------------------------------------------

let watching = null; // { id, stop() }
// Milliseconds. The first event comes at once where nothing between here and the service keeps events back; after that a stream may be
// silent because nothing happens, and nobody here sees its heartbeats (one in 15 s).
const patience = { first: 3000, silence: 20_000, quiet: 10_000, poll: 2000 };

function watch(job) {
  watching?.stop();
  const source = new EventSource(`${api}/jobs/${job.id}/events`);
  let timer = null;
  let heard = false;
  let asked = 0;
  let shown = 0;
  const mine = watching = { id: job.id, stop() { source.close(); clearTimeout(timer); } };
  const lookIn = (milliseconds) => { clearTimeout(timer); timer = setTimeout(() => refresh(true), milliseconds); };
  const refresh = async (isPoll) => {
    const turn = ++asked;
    try {
      const current = await call("GET", `/jobs/${job.id}`);
      if (watching !== mine || turn < shown) return;
      shown = turn;
      say("job-error", "");
      show(current);
      if (terminal.has(current.status)) mine.stop();
      else if (isPoll) lookIn(heard && source.readyState !== EventSource.CLOSED ? patience.quiet : patience.poll);
    } catch (problem) {
      if (watching !== mine) return;
      say("job-error", problem.message);
      lookIn(2 * patience.poll);
    }
  };
  const hear = () => {
    heard = true;
    lookIn(patience.silence);
  };
  show(job);
  for (const type of ["status", "preview", "result"]) source.addEventListener(type, () => { hear(); refresh(false); });
  source.addEventListener("progress", (event) => {
    if (watching !== mine) return;
    hear();
    showProgress(JSON.parse(event.data));
  });
  source.addEventListener("error", () => lookIn(1000));
  lookIn(patience.first);
}

const sentences = {
  awaiting_upload: "Waiting for the picture to arrive in storage.",
  queued: "Queued. A worker takes it next.",
  processing: "The provider is working on it.",
  completed: "Done.",
  failed: "This did not work.",
  canceled: "Canceled.",
};

function showProgress({ progress, value, message }) {
  const part = progress ?? value;
  if (typeof part === "number") {
    $("progress").value = part;
    say("job-state", `${sentences.processing} ${Math.round(part * 100)} %${message ? ` (${message})` : ""}`);
  }
}

function show(job) {
  $("job").hidden = false;
  say("job-title", job.prompt);
  const order = ["queued", "processing", "completed"];
  const at = order.indexOf(job.status === "awaiting_upload" ? "queued" : job.status);
  for (const [index, step] of [...$("steps").children].entries()) {
    step.classList.toggle("done", at >= 0 && (index < at || job.status === "completed"));
    if (index === at) step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
  }
  $("progress").hidden = terminal.has(job.status);
  if (job.status === "processing" && typeof job.progress === "number") $("progress").value = job.progress;
  else $("progress").removeAttribute("value");
  $("job").dataset.status = job.status;
  const instead = job.drawnByWorkflowId ? ` Drawn with ${workflowName(job.drawnByWorkflowId)} instead: the one you chose could not.` : "";
  say("job-state", (sentences[job.status] ?? job.status) + (job.status === "completed" ? instead : ""));
  say("job-error", job.status === "failed" ? sentence(job.errorMessage ?? "The provider gave no reason.") : "");
  if (job.errorCode === "upload_rejected" && upload?.imageId === job.imageId) giveUp(`${upload.name} cannot be used. Choose another picture.`);
  $("cancel").hidden = terminal.has(job.status);
  $("retry").hidden = !["failed", "canceled"].includes(job.status);
  showPreview(job.status === "processing" ? job.preview : null);
  $("results").replaceChildren(...(job.results ?? []).map((result, index) => picture(job, result, index)));
}

// The picture as far as it is. An address that is no longer good belongs to one with a successor, or a whole one.
function showPreview(preview) {
  const image = $("so-far");
  if (!preview) {
    image.hidden = true;
    image.removeAttribute("src");
  } else if (image.dataset.id !== preview.imageId || image.hidden) {
    image.dataset.id = preview.imageId;
    image.src = preview.url;
    image.hidden = false;
  }
}
$("so-far").addEventListener("error", () => { $("so-far").hidden = true; });

function picture(job, result, index) {
  const figure = document.createElement("figure");
  const image = Object.assign(document.createElement("img"), { src: result.url, alt: job.prompt, loading: "lazy" });
  const caption = document.createElement("figcaption");
  const size = document.createElement("span");
  size.textContent = result.width ? `${result.width} × ${result.height}` : "";
  const name = `darkroom-${job.id}-${index + 1}.png`;
  const link = Object.assign(document.createElement("a"), { href: result.downloadUrl ?? result.url, download: name, textContent: "Download" });
  caption.append(size, link);
  figure.append(image, caption);
  return figure;
}

for (const action of ["cancel", "retry"]) {
  $(action).addEventListener("click", async () => {
    $(action).disabled = true;
    try {
      watch(await call("POST", `/jobs/${watching.id}/${action}`));
    } catch (problem) {
      say("job-error", sentence(problem.message));
    } finally {
      $(action).disabled = false;
    }
  });
}

// --- History ----------------------------------------------------------------------------------------------------------------

let cursor = null;
let listing = 0;

async function listJobs(more = false) {
  const mine = ++listing;
  const query = new URLSearchParams({ limit: 24 });
  if ($("query").value.trim()) query.set("q", $("query").value.trim());
  if ($("status").value) query.set("status", $("status").value);
  if (more && cursor) query.set("cursor", cursor);
  try {
    const page = await call("GET", `/jobs?${query}`);
    if (mine !== listing) return;
    say("history-error", "");
    if (!more) $("jobs").replaceChildren();
    $("jobs").append(...page.items.map(card));
    cursor = page.nextCursor;
    $("more").hidden = !cursor;
    $("empty").hidden = $("jobs").children.length > 0;
  } catch (problem) {
    if (mine === listing) say("history-error", problem.message);
  }
}

function card(job) {
  const item = document.createElement("li");
  if (job.results?.[0]) item.append(Object.assign(document.createElement("img"), { src: job.results[0].url, alt: "", loading: "lazy" }));
  const text = document.createElement("p");
  const open = Object.assign(document.createElement("a"), { href: "#generate", textContent: job.prompt });
  open.addEventListener("click", (event) => { event.preventDefault(); select(tabs[0]); watch(job); $("job-title").focus(); });
  text.append(open);
  const state = document.createElement("small");
  const date = Object.assign(document.createElement("time"), { dateTime: job.createdAt, textContent: new Date(job.createdAt).toLocaleString() });
  state.append(Object.assign(document.createElement("span"), { textContent: job.status.replace("_", " ") }), date);
  item.append(text, state);
  return item;
}

let typing;
$("query").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(listJobs, 250); });
$("status").addEventListener("change", () => listJobs());
$("search").addEventListener("submit", (event) => { event.preventDefault(); listJobs(); });
$("more").addEventListener("click", () => listJobs(true));

// --- Architecture -------------------------------------------------------------------------------------------------------------

async function showArchitecture() {
  const [health, document] = await Promise.allSettled([fetch(`${api}/health`).then((answer) => answer.json()), call("GET", "/openapi.json")]);
  say("architecture-error", document.status === "rejected" ? document.reason.message : "");
  if (health.status === "fulfilled") showHealth(health.value);
  if (document.status === "fulfilled") showEndpoints(document.value);
}

function showHealth(health) {
  $("health").replaceChildren(...Object.entries(health.dependencies ?? {}).map(([name, one]) => {
    const item = document.createElement("li");
    item.className = one.status === "up" ? "up" : "down";
    item.textContent = `${name}: ${one.status}${one.latencyMs === undefined ? "" : `, ${one.latencyMs.toFixed(1)} ms`}`;
    return item;
  }));
}

function showEndpoints(openapi) {
  const rows = Object.entries(openapi.paths ?? {}).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => {
    const row = document.createElement("tr");
    const code = Object.assign(document.createElement("code"), { textContent: path });
    const cells = [method.toUpperCase(), code, one.summary ?? one.operationId ?? ""].map((content) => {
      const cell = document.createElement("td");
      cell.append(content);
      return cell;
    });
    row.append(...cells);
    return row;
  }));
  $("endpoints").replaceChildren(...rows);
}

loadWorkflows(call);
select(tabOf(location.hash) ?? tabs[0]);
