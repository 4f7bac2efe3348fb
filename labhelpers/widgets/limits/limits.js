// A container's use and limits: two bars that move, two sliders; a machine's fixed ones beside them.
// The kernel measures and changes; everything here is drawn from its traits.

/** An element with attributes and children; texts are texts, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const KINDS = [
  { key: "memory", word: "Memory", use: "memory", limit: "memory_limit", most: "most_memory", step: 8, least: 8,
    say: (value) => `${Math.round(value)} MiB` },
  { key: "cpus", word: "Processors", use: "cpus", limit: "cpu_limit", most: "most_cpus", step: 0.1, least: 0.1,
    say: (value) => `${value.toFixed(2)} CPU` },
];
const STATES = {
  measuring: "Measured once a second.",
  ended: "The container has ended: there is nothing to measure.",
  paused: "Measuring has paused.",
};

function render({ model, el }) {
  const get = (name) => model.get(name);
  const root = make("section", { class: "lv", "aria-label": `Limits of ${get("name")}` });
  const state = make("span", { role: "status" });
  const again = make("button", { type: "button" }, "Measure again");
  again.addEventListener("click", () => model.send({ kind: "measure" }));
  const said = make("pre", { "aria-live": "polite" });
  const rows = KINDS.map((kind) => {
    const number = make("span", { class: "lv-number" });
    const bar = make("div", { class: "lv-bar", role: "meter", "aria-valuemin": 0, "aria-label": `${kind.word} in use` },
      make("div", { class: "lv-may" }), make("div", { class: "lv-use" }));
    const slider = make("input", { type: "range", min: kind.least, step: kind.step, "aria-label": `${kind.word}: the limit` });
    const row = { kind, number, bar, slider, held: false };
    slider.addEventListener("input", () => { row.held = true; number.textContent = `new limit: ${kind.say(Number(slider.value))}`; });
    slider.addEventListener("change", () => { row.held = false; ask(); });
    // JupyterLab's own keys must not reach the notebook from here.
    slider.addEventListener("keydown", (event) => { if (event.key !== "Tab") event.stopPropagation(); });
    row.element = make("div", { class: "lv-row" }, make("b", {}, kind.word), number, bar, slider);
    return row;
  });
  const machine = make("p", { class: "lv-machine" });
  root.append(make("h3", {}, get("name")), ...rows.map((row) => row.element), machine,
    make("p", { class: "lv-state" }, state, " ", again), said);
  el.append(root);

  function ask() {
    model.send({ kind: "set", memory: Number(rows[0].slider.value), cpus: Number(rows[1].slider.value) });
  }

  function draw() {
    for (const row of rows) {
      const { kind, number, bar, slider } = row;
      const use = get(kind.use), limit = get(kind.limit), most = get(kind.most);
      const share = (value) => `${Math.min(100, 100 * value / most)}%`;
      const text = limit ? `${kind.say(use)} of ${kind.say(limit)}` : `${kind.say(use)}, without a limit`;
      bar.setAttribute("aria-valuemax", limit || most);
      bar.setAttribute("aria-valuenow", Math.min(use, limit || most));
      bar.setAttribute("aria-valuetext", text);
      bar.children[0].style.width = share(limit || most);
      bar.children[1].style.width = share(use);
      bar.classList.toggle("full", limit > 0 && use >= 0.9 * limit);
      slider.max = most;
      slider.disabled = get("state") === "ended";
      if (!row.held) {
        slider.value = limit || most;
        number.textContent = text;
      }
    }
    const fixed = get("machine_memory");
    machine.hidden = !fixed;
    machine.replaceChildren(make("b", {}, "Virtual machine"), ` ${fixed} MiB and ${get("machine_cpus")} CPU, fixed when it boots`,
      make("span", { class: "lv-bar lv-fixed", "aria-hidden": "true" }));
    machine.lastChild.append(make("span", { class: "lv-may" }));
    machine.lastChild.firstChild.style.width = `${Math.min(100, 100 * fixed / get("most_memory"))}%`;
    state.textContent = STATES[get("state")] ?? "";
    again.hidden = get("state") === "measuring";
    said.hidden = !get("said");
    said.textContent = get("said");
  }

  const names = ["memory", "memory_limit", "cpus", "cpu_limit", "most_memory", "most_cpus", "state", "said", "tries"];
  const events = names.map((name) => `change:${name}`);
  for (const event of events) model.on(event, draw);
  draw();
  return () => events.forEach((event) => model.off(event, draw));
}

export default { render };
