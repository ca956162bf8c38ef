// The choice of a workflow, and the form of its parameters: built from the JSON Schema that the service checks them against.

const $ = (id) => document.getElementById(id);
const make = (name, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

let workflows = [];
let category = "text-to-image";
const chosen = {}; // by category

// Fills the list with what the service offers.
export async function loadWorkflows(call) {
  try {
    const all = [];
    let cursor = "";
    do {
      const page = await call("GET", `/workflows?limit=100${cursor && `&cursor=${cursor}`}`);
      all.push(...page.items);
      cursor = page.nextCursor ?? "";
    } while (cursor);
    workflows = all;
    offer();
  } catch (problem) {
    // Without a choice the service's default draws.
    $("workflow-hint").textContent = `The workflows could not be listed: ${problem.message}`;
  }
}

// Offers those that draw from a picture, or those that do not.
export function drawFromPicture(hasPicture) {
  category = hasPicture ? "image-to-image" : "text-to-image";
  offer();
}

export const workflowName = (id) => workflows.find((one) => one.id === id)?.name ?? id;
export const chosenWorkflow = () => workflows.find((one) => one.id === $("workflow").value);

function offer() {
  const offered = workflows.filter((one) => one.category === category);
  const first = offered.find((one) => one.id === chosen[category]) ?? offered.find((one) => one.isDefault && one.isAvailable)
    ?? offered.find((one) => one.isAvailable) ?? offered[0];
  $("workflow").replaceChildren(...offered.map((one) => make("option", {
    value: one.id, textContent: one.isAvailable ? one.name : `${one.name} (not available)`, disabled: !one.isAvailable, selected: one === first,
  })));
  show();
}

$("workflow").addEventListener("change", () => {
  chosen[category] = $("workflow").value;
  show();
});

function show() {
  const workflow = chosenWorkflow();
  $("workflow-hint").textContent = workflow ? `${workflow.description}. Drawn by ${workflow.provider}.` : "";
  const schema = workflow?.parameters ?? {};
  $("parameters").replaceChildren(...Object.entries(schema.properties ?? {}).map(([name, one]) =>
    field(name, one, schema.required?.includes(name))));
}

const typeOf = (schema) => [schema.type].flat().find((type) => type !== "null");

function field(name, schema, isRequired) {
  const id = `parameter-${name}`;
  const input = control(schema, isRequired);
  Object.assign(input, { id, name });
  input.dataset.type = schema.enum ? "json" : typeOf(schema) ?? "json";
  const notes = [];
  if (schema.description) notes.push(make("small", { id: `${id}-hint`, className: "hint", textContent: schema.description }));
  notes.push(make("small", { id: `${id}-error`, className: "error" }));
  input.setAttribute("aria-describedby", notes.map((note) => note.id).join(" "));
  input.addEventListener("input", () => clear(input));
  return make("div", {}, make("label", { htmlFor: id, textContent: schema.title ?? name }), input, ...notes);
}

function control(schema, isRequired) {
  const standard = schema.default;
  const options = schema.enum?.map((value) => [JSON.stringify(value), String(value)])
    ?? (typeOf(schema) === "boolean" ? [["true", "Yes"], ["false", "No"]] : null);
  if (options) {
    if (!isRequired && standard === undefined) options.unshift(["", "as the model does"]);
    return make("select", {}, ...options.map(([value, textContent]) =>
      make("option", { value, textContent, selected: value === JSON.stringify(standard) })));
  }
  if (!["integer", "number"].includes(typeOf(schema))) {
    const value = standard === undefined ? "" : typeOf(schema) === "string" ? standard : JSON.stringify(standard);
    return make("input", { type: "text", value, maxLength: schema.maxLength ?? 4000 });
  }
  const step = schema.multipleOf ?? (typeOf(schema) === "integer" ? 1 : "any");
  const range = [schema.minimum, schema.maximum].map((bound) => bound ?? "");
  return make("input", {
    type: "number", value: standard ?? "", step, min: range[0], max: range[1],
    placeholder: standard === undefined ? "any" : "",
  });
}

// What the person has set; what is left empty is left to the workflow.
export function parameters() {
  const values = {};
  for (const input of $("parameters").querySelectorAll("[name]")) {
    // What is no number is sent as it is: the service says what is wrong with it.
    if (input.validity.badInput) values[input.name] = "";
    if (input.value === "") continue;
    values[input.name] = read(input.value, input.dataset.type);
  }
  return values;
}

function read(text, type) {
  if (type === "string") return text;
  if (type === "integer" || type === "number") return Number(text);
  try { return JSON.parse(text); } catch { return text; }
}

// Shows each error beside its field; returns those that have none here.
export function showErrors(errors) {
  let first = null;
  const rest = errors.filter(({ field, message }) => {
    const input = field === "workflowId" ? $("workflow") : $(`parameter-${field.replace(/^parameters\./, "").split(".")[0]}`);
    if (!input || !message) return true;
    const label = input.labels[0].firstChild.textContent.trim();
    $(`${input.id}-error`).textContent = `${label} ${message}.`;
    input.setAttribute("aria-invalid", "true");
    first ??= input;
    return false;
  });
  if (first) {
    first.closest("details")?.setAttribute("open", "");
    first.focus();
  }
  return rest;
}

function clear(input) {
  input.removeAttribute("aria-invalid");
  $(`${input.id}-error`).textContent = "";
}

export function clearErrors() {
  for (const input of [$("workflow"), ...$("parameters").querySelectorAll("[name]")]) clear(input);
}
