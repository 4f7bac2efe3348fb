// The matrix: a grid that can be walked by keyboard, a switch for the box, and two counts.
// The kernel holds the names and the switch; everything else is drawn from them.

/** An element with attributes and children; texts are texts, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function render({ model, el }) {
  const root = make("section", { class: "mx", "aria-label": "The matrix from hell" });
  const count = make("p", { class: "mx-count", role: "status" });
  const box = make("button", { type: "button", class: "mx-box" });
  const said = make("p", { class: "mx-said", "aria-live": "polite" });
  const table = make("table", { class: "mx-grid", role: "grid" });
  const more = { software: add("software", "software"), machines: add("machines", "machine") };
  const tools = make("div", { class: "mx-tools" }, box, more.software, more.machines);
  root.append(count, tools, make("div", { class: "mx-scroll" }, table), said);
  el.append(root);
  let at = [0, 0];

  function add(trait, word) {
    const button = make("button", { type: "button" }, `One more ${word === "software" ? "kind of software" : word}`);
    button.addEventListener("click", () => {
      const names = model.get(trait);
      model.set(trait, [...names, `${word} ${names.length + 1}`]);
      model.save_changes();
    });
    return button;
  }

  box.addEventListener("click", () => {
    model.set("boxed", !model.get("boxed"));
    model.save_changes();
  });

  /** What a cell stands for, in words. */
  function words(row, column) {
    const [software, machine] = [model.get("software")[row], model.get("machines")[column]];
    return model.get("boxed")
      ? `${software} on ${machine}: the box that was packed once runs here`
      : `${software} on ${machine}: an integration of its own, still open`;
  }

  function go(row, column) {
    const rows = model.get("software").length, columns = model.get("machines").length;
    at = [Math.max(0, Math.min(rows - 1, row)), Math.max(0, Math.min(columns - 1, column))];
    for (const cell of table.querySelectorAll("td[tabindex]")) cell.tabIndex = -1;
    const cell = table.querySelector(`[data-at="${at[0]},${at[1]}"]`);
    cell.tabIndex = 0;
    cell.focus();
    said.textContent = `${words(...at)}.`;
  }

  table.addEventListener("keydown", (event) => {
    const [row, column] = at;
    const columns = model.get("machines").length;
    const to = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
      ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      Home: [row, 0], End: [row, columns - 1],
    }[event.key];
    if (to) {
      event.preventDefault();
      go(...to);
    }
    // JupyterLab's own keys (Enter edits, d d deletes the cell) must not reach the notebook from here.
    if (event.key !== "Tab") event.stopPropagation();
  });
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("[data-at]");
    if (cell) go(...cell.dataset.at.split(",").map(Number));
  });

  function draw() {
    const software = model.get("software"), machines = model.get("machines"), boxed = model.get("boxed");
    const pairs = software.length * machines.length, once = software.length + machines.length;
    root.classList.toggle("boxed", boxed);
    count.replaceChildren(
      make("b", {}, boxed ? `${software.length} + ${machines.length} = ${once}` : `${software.length} × ${machines.length} = ${pairs}`),
      boxed ? ` integrations: each software packed once, each machine prepared once. Without the box: ${pairs}.`
            : " integrations: each software prepared for each machine.",
    );
    box.textContent = boxed ? "Take the box away" : "Drop the box in";
    box.setAttribute("aria-pressed", boxed);
    more.software.disabled = software.length >= 12;
    more.machines.disabled = machines.length >= 12;
    at = [Math.min(at[0], software.length - 1), Math.min(at[1], machines.length - 1)];
    const heads = machines.map((name) => make("th", { scope: "col" }, name));
    const head = make("thead", {}, make("tr", {}, make("td"), ...heads));
    const body = make("tbody");
    software.forEach((name, row) => {
      const cells = machines.map((_, column) =>
        make("td", {
          "data-at": `${row},${column}`,
          role: "gridcell",
          tabindex: row === at[0] && column === at[1] ? 0 : -1,
          "aria-label": words(row, column),
        }, boxed ? "▣" : "?"));
      body.append(make("tr", {}, make("th", { scope: "row" }, name), ...cells));
    });
    table.setAttribute("aria-label", "software by machine");
    table.replaceChildren(head, body);
    said.textContent = boxed
      ? "Every software has one box, and every machine runs boxes."
      : "Click a cell, or walk with the arrow keys: each ? is a pair that somebody has to make work.";
  }

  const events = ["change:software", "change:machines", "change:boxed"];
  for (const event of events) model.on(event, draw);
  draw();
  return () => events.forEach((event) => model.off(event, draw));
}

export default { render };
