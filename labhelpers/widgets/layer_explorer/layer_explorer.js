// The layer explorer in the browser: draws what the view model says, and asks it for more. One module, as it
// stands: no build step, no import (the loader hands it over as a blob), nothing fetched. Everything that comes
// from an image is text (textContent), never markup; names arrive escaped.
// @ts-check

/**
 * @typedef {{get(name: string): any, set(name: string, value: any): void, save_changes(): void,
 *   send(content: any): void, on(name: string, done: Function): void, off(name: string, done: Function): void}} Model
 * @typedef {{id: string, name: string, kind: string, folder: boolean, open?: boolean, depth: number,
 *   position: number, siblings: number, size_text: string, mode?: string, owner?: string, link?: string,
 *   change: string, layer?: number, hidden?: string}} Row
 */

const ROW = 26; // pixels; the stylesheet has the same
const TALL = [130, 390]; // pixels: the least and the greatest height of the tree
const CHUNK = 80; // rows asked for at once
const AHEAD = 8; // rows drawn above and below what is seen
const AGAIN = 2000; // ms between two looks at a container
const PATIENCE = 500; // ms before a waiting view says so
const WAITING = "Waiting for the kernel …";
const GONE = "The kernel does not answer: it is busy, or it was restarted. Then run the cell again.";
const SIZES = [["", "any size"], ["1kB", "≥ 1 kB"], ["100kB", "≥ 100 kB"], ["1MB", "≥ 1 MB"], ["10MB", "≥ 10 MB"], ["100MB", "≥ 100 MB"]];

// ---- helpers without a page: tested with Node's own runner -------------------------------------------------

/** Which rows to draw: those that are seen and a few around them.
 * @param {number} top @param {number} height @param {number} total @param {number} [row] @param {number} [ahead] */
export function windowOf(top, height, total, row = ROW, ahead = AHEAD) {
  const start = Math.max(0, Math.min(total, Math.floor(top / row)) - ahead);
  const end = Math.min(total, Math.ceil((top + height) / row) + ahead);
  return { start, count: Math.max(0, end - start) };
}

/** The first stretch of a window that is not there yet, widened to a chunk; null if all of it is.
 * @param {{has(index: number): boolean}} there @param {number} start @param {number} count @param {number} total */
export function missing(there, start, count, total) {
  const end = Math.min(total, start + count);
  for (let at = start; at < end; at++) {
    if (there.has(at)) continue;
    // Somebody who scrolls up wants what comes before; anybody else what comes after.
    const from = at === start ? Math.max(0, end - Math.max(CHUNK, count)) : at;
    return { start: from, count: Math.max(CHUNK, end - from) };
  }
  return null;
}

/** Where a key leads in a list of rows; null for keys that do not move.
 * @param {string} key @param {number} at @param {number} total @param {number} page */
export function moved(key, at, total, page) {
  if (!total) return null;
  const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page });
  if (key === "Home") return 0;
  if (key === "End") return total - 1;
  if (!(key in steps)) return null;
  return Math.max(0, Math.min(total - 1, at < 0 ? 0 : at + steps[key]));
}

/** A filter in its parts: what is typed, whether it is a regular expression, the least size.
 * @param {string} filter */
export function splitFilter(filter) {
  const size = /(?:^|\s)size>(\S+)\s*$/.exec(filter);
  let text = (size ? filter.slice(0, size.index) : filter).trim();
  const regular = text.startsWith("re:");
  if (regular) text = text.slice(3).trim();
  return { text, regular, size: size ? size[1] : "" };
}

/** The filter that has these parts.
 * @param {{text: string, regular: boolean, size: string}} parts */
export function joinFilter({ text, regular, size }) {
  return [regular && text ? `re:${text}` : text, size && `size>${size}`].filter(Boolean).join(" ");
}

/** Bytes for people, decimal as everywhere. @param {number} size */
export function human(size) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let value = size, unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) { value /= 1000; unit++; }
  if (!unit) return size === 1 ? "1 byte" : `${size} bytes`;
  return `${Math.abs(value) < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** A row as one sentence, for those who hear it. @param {Row} row @param {Record<string, string[]>} signs */
export function spoken(row, signs) {
  const parts = [row.name];
  if (row.link) parts.push(row.link.replace("→", "leads to"));
  parts.push(row.kind);
  if (row.change) parts.push(signs[row.change]?.[1] ?? row.change);
  if (row.hidden) parts.push(row.hidden);
  if (row.size_text) parts.push(row.size_text);
  if (row.layer !== undefined) parts.push(`from layer ${row.layer}`);
  return parts.join(", ");
}

/** The Dockerfile's word that an instruction begins with; "" if it begins with none. @param {string} text */
export function verbOf(text) {
  return /^[A-Z]+(?= )/.exec(text)?.[0] ?? "";
}

/** A box as one sentence, for those who hear it. @param {any} box */
export function boxSentence(box) {
  const parts = [`Layer ${box.n}: ${box.instruction}`, `content ${box.size_text}`,
    `${box.added} added, ${box.modified} modified, ${box.removed} removed`];
  if (box.waste_text) parts.push(`${box.waste_text} reclaimable`);
  if (box.shared) parts.push(box.shared);
  if (box.built) parts.push(box.built.word);
  return parts.join("; ");
}

/** The parent of a row among those that are known; -1 if it has none or it is not known.
 * @param {Map<number, Row>} rows @param {number} at */
export function parentOf(rows, at) {
  const depth = rows.get(at)?.depth ?? 0;
  for (let up = at - 1; up >= 0; up--) {
    const row = rows.get(up);
    if (!row) return -1;
    if (row.depth < depth) return up;
  }
  return -1;
}

// ---- a page ------------------------------------------------------------------------------------------------

/** An element with attributes and children; text is text.
 * @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node|string|null|undefined|false)} children
 * @returns {any} */
function h(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, one] of Object.entries(value)) made.style.setProperty(key, String(one));
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child || child === "") made.append(child);
  return made;
}

let views = 0;

/** One view of one model. */
class View {
  /** @param {Model} model @param {HTMLElement} el */
  constructor(model, el) {
    this.model = model;
    this.name = `lx${++views}-${Math.random().toString(36).slice(2, 8)}`;
    this.asked = 0;
    /** @type {Map<string, {done: Function, fail: Function}>} */
    this.waiting = new Map();
    /** @type {Array<() => void>} */
    this.undo = [];
    /** @type {Set<string>} */
    this.kinds = new Set();
    this.order = "name";
    this.reverse = false;
    // JupyterLab's own shortcuts (j, k, Enter, arrows …) must not act on the notebook while one works in here.
    // Those with Ctrl or Cmd (save, above all) still do. The window hears keys before JupyterLab's document does.
    this.root = h("div", { class: "lx", role: "group", "data-lm-suppress-shortcuts": "true" });
    el.append(this.root);
    const shortcuts = (/** @type {KeyboardEvent} */ event) => this.root.toggleAttribute("data-lm-suppress-shortcuts", !event.ctrlKey && !event.metaKey);
    window.addEventListener("keydown", shortcuts, true);
    this.undo.push(() => window.removeEventListener("keydown", shortcuts, true));
    this.listen("msg:custom", (/** @type {any} */ message) => this.heard(message));
    this.listen("change:_picture", () => this.draw());
    this.listen("change:_phase", () => this.drawPhase());
    this.listen("change:selected_layer", () => this.layerChanged());
    this.listen("change:mode", () => this.modeChanged());
    this.listen("change:filter", () => this.filterChanged());
    this.listen("change:selected_path", () => this.pathChanged());
    this.draw();
  }

  /** @param {string} event @param {Function} done */
  listen(event, done) {
    this.model.on(event, done);
    this.undo.push(() => this.model.off(event, done));
  }

  end() {
    clearInterval(this.looking);
    for (const undo of this.undo) undo();
    this.files?.end();
    this.root.remove();
  }

  // -- asking the kernel

  /** @param {string} what @param {Record<string, any>} [more] @returns {Promise<any>} */
  ask(what, more = {}) {
    const id = `${this.name}-${++this.asked}`;
    const answer = new Promise((done, fail) => this.waiting.set(id, { done, fail }));
    try {
      this.model.send({ kind: "ask", id, what, ...more });
    } catch {
      // The line to the kernel is cut: it was restarted.
      this.waiting.delete(id);
      return Promise.reject(new Error(GONE));
    }
    const late = setTimeout(() => this.waiting.has(id) && this.say(WAITING), PATIENCE);
    const gone = setTimeout(() => this.waiting.has(id) && this.say(GONE, true), 10 * PATIENCE);
    return answer.finally(() => {
      clearTimeout(late);
      clearTimeout(gone);
      if (!this.waiting.size && (this.said === WAITING || this.said === GONE)) this.say("");
    });
  }

  /** @param {any} message */
  heard(message) {
    const one = message?.kind === "answer" && this.waiting.get(message.id);
    if (!one) return;
    this.waiting.delete(message.id);
    if (message.error) one.fail(new Error(message.error));
    else one.done(message.data);
  }

  /** Say something, and let it be heard. @param {string} text @param {boolean} [bad] */
  say(text, bad = false) {
    this.said = text;
    if (!this.status) return;
    this.status.textContent = text;
    this.status.classList.toggle("bad", bad);
  }

  /** What a question of somebody's raised. @param {any} error */
  failed(error) {
    this.say(String(error?.message ?? error), true);
  }

  /** @param {string} name @param {any} value */
  put(name, value) {
    this.model.set(name, value);
    this.model.save_changes();
  }

  get layer() { return this.model.get("selected_layer"); }
  get mode() { return this.model.get("mode"); }
  get picture() { return this.model.get("_picture"); }

  // -- drawing

  draw() {
    const picture = this.picture;
    this.files?.end();
    this.files = undefined;
    this.root.replaceChildren();
    this.status = h("div", { class: "lx-status", role: "status" });
    this.phase = h("div", { class: "lx-phase" });
    if (!picture?.header) {
      this.root.setAttribute("aria-label", "Layer explorer");
      this.root.append(this.phase, this.status);
      this.drawPhase();
      return;
    }
    this.signs = picture.signs;
    this.root.setAttribute("aria-label", `Layers of ${picture.header.name}`);
    this.left = h("div", { class: "lx-left" });
    this.panel = h("div", { class: "lx-panel", role: "tabpanel", id: `${this.name}-panel` });
    this.root.append(
      this.drawHead(picture.header),
      this.phase,
      h("div", { class: "lx-body" }, this.left, h("div", { class: "lx-right" }, this.drawTabs(picture), this.panel)),
      this.status,
    );
    this.drawStack();
    this.drawPhase();
    this.drawPanel();
  }

  drawPhase() {
    const phase = this.model.get("_phase") ?? {};
    if (!this.phase) return;
    this.phase.replaceChildren();
    if (phase.state === "loading") {
      const known = phase.total > 0;
      const words = known ? `${human(phase.done)} of ${human(phase.total)} read` : `${human(phase.done ?? 0)} read`;
      const bar = h("progress", { "aria-label": phase.title, max: known ? phase.total : undefined, value: known ? Math.min(phase.done, phase.total) : undefined });
      const cancel = h("button", { type: "button", onclick: () => { cancel.disabled = true; this.model.send({ kind: "cancel" }); } }, "Cancel");
      this.phase.append(h("span", {}, phase.title), bar, h("span", { class: "lx-quiet" }, words), cancel);
    } else if (phase.state === "built") {
      this.phase.append(h("p", {}, phase.title));
    } else if (phase.state === "building") {
      this.phase.append(h("strong", {}, phase.title), h("span", { class: "lx-quiet" }, "interrupt the kernel (■) to cancel"));
    } else if (phase.state === "failed" || phase.state === "cancelled") {
      this.phase.append(h("p", { class: phase.state === "failed" ? "lx-failed" : "", role: "alert" }, phase.title));
    }
    if (phase.steps?.length) {
      // Drawn as the stack will be: the first step at the bottom, the newest on top.
      const list = h("ol", { class: "lx-stack lx-building", reversed: true, "aria-label": "Steps of the build, the newest on top" });
      for (const step of [...phase.steps].reverse()) {
        const verb = verbOf(step.instruction);
        list.append(h("li", { class: `lx-box ${step.state}` }, h("span", { class: "lx-core", "aria-hidden": "true" }), h("span", { class: "lx-place" }, step.place),
          h("span", { class: "lx-what" }, h("span", { class: "lx-made" }, verb && h("b", {}, verb), step.instruction.slice(verb.length)),
            h("span", { class: `lx-built ${step.state}` }, `${step.sign} ${step.word}`))));
      }
      this.phase.append(list);
    }
  }

  /** @param {any} head */
  drawHead(head) {
    const copy = h("button", { type: "button", class: "lx-digest", "aria-label": `Copy the digest ${head.digest}`, title: head.digest, onclick: () => this.copy(head.digest) },
      h("code", {}, head.digest_short), h("span", { class: "lx-quiet", "aria-hidden": "true" }, " copy"));
    const facts = h("dl", { class: "lx-facts" });
    for (const one of head.sizes) facts.append(h("div", { title: one.help }, h("dt", {}, one.label), h("dd", {}, one.value)));
    return h("div", { class: "lx-head" },
      h("div", { class: "lx-title" }, h("strong", {}, head.name), h("span", { class: "lx-quiet" }, head.platform), copy,
        h("span", { class: "lx-quiet" }, head.sentence)),
      facts);
  }

  /** @param {string} text */
  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.say("The digest is copied.");
    } catch {
      this.say(text); // no permission here: then it stands there to be copied by hand
    }
  }

  /** @param {any} picture */
  drawTabs(picture) {
    const names = /** @type {Record<string, string>} */ ({
      layer: "This layer", files: "Filesystem up to here", waste: `Waste (${picture.waste.total.toLocaleString("en")})`, compare: "Compare",
    });
    const modes = picture.modes;
    this.tabs = h("div", { class: "lx-tabs", role: "tablist", "aria-label": "What to show", onkeydown: (/** @type {KeyboardEvent} */ event) => {
      const at = modes.indexOf(this.mode);
      const to = { ArrowRight: (at + 1) % modes.length, ArrowLeft: (at - 1 + modes.length) % modes.length, Home: 0, End: modes.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.put("mode", modes[to]);
      this.tabs.querySelector("[aria-selected=true]")?.focus();
    } });
    for (const mode of modes) {
      this.tabs.append(h("button", { type: "button", role: "tab", id: `${this.name}-${mode}`, "data-mode": mode, "aria-controls": `${this.name}-panel`, onclick: () => this.put("mode", mode) }, names[mode] ?? mode));
    }
    return this.tabs;
  }

  drawStack() {
    const picture = this.picture;
    const list = h("ol", { class: "lx-stack", "aria-label": "Layers, the newest on top", onkeydown: (/** @type {KeyboardEvent} */ event) => this.stackKey(event) });
    const fork = picture.compare;
    if (!fork) {
      for (const item of picture.stack) list.append(this.drawItem(item, true));
      this.left.replaceChildren(h("div", { class: "lx-caption", "aria-hidden": "true" }, "newest on top"), list,
        h("div", { class: "lx-caption" }, picture.header.units));
    } else {
      const own = picture.stack.filter((/** @type {any} */ _, /** @type {number} */ at) => at < picture.stack.length - fork.base_items);
      for (const item of picture.stack.slice(own.length)) list.append(this.drawItem(item, true));
      const first = h("ol", { class: "lx-stack", "aria-label": "Only in A", onkeydown: (/** @type {KeyboardEvent} */ event) => this.stackKey(event) });
      const second = h("ol", { class: "lx-stack", "aria-label": "Only in B" });
      for (const item of own) first.append(this.drawItem(item, true));
      for (const item of fork.other) second.append(this.drawItem(item, false));
      list.setAttribute("aria-label", "Shared base");
      this.left.replaceChildren(
        h("div", { class: "lx-fork" },
          h("div", { class: "lx-branch" }, h("div", { class: "lx-caption" }, h("b", {}, "A "), fork.first), first),
          h("div", { class: "lx-branch" }, h("div", { class: "lx-caption" }, h("b", {}, "B "), fork.second), second)),
        h("div", { class: "lx-caption" }, fork.shared ? "shared base, drawn once" : "nothing is shared"), list,
        h("div", { class: "lx-caption" }, picture.header.units));
    }
    if (picture.container) {
      this.top = h("div", { class: "lx-box lx-writable" });
      this.left.prepend(h("div", { class: "lx-caption" }, "writable layer, the container's own"), this.top);
      this.drawContainer(picture.container);
      clearInterval(this.looking);
      this.looking = setInterval(() => this.lookAgain(), AGAIN);
    }
    this.markLayer();
  }

  /** What the container wrote by now. @param {any} found */
  drawContainer(found) {
    const open = this.top.querySelector("details")?.open ?? true;
    const lines = found.paths.map(([kind, path]) => h("li", { class: kind }, h("span", { class: "lx-sign" }, this.signs[kind][0]), ` ${path} `, h("span", { class: "lx-word" }, kind)));
    if (found.more) lines.push(h("li", {}, `… and ${found.more.toLocaleString("en")} more`));
    this.top.replaceChildren(h("span", { class: "lx-core", "aria-hidden": "true" }), h("span", { class: "lx-number", "aria-hidden": "true" }, "✎"),
      h("div", { class: "lx-what" }, h("span", { class: "lx-made" }, h("b", {}, found.name), ` ${found.state}`),
        h("span", { class: "lx-numbers" }, h("span", { class: "lx-size" }, found.size_text), h("span", { class: "lx-plus" }, `+${found.added}`),
          h("span", { class: "lx-tilde" }, `~${found.modified}`), h("span", { class: "lx-minus" }, `−${found.removed}`)),
        lines.length ? h("details", { open }, h("summary", {}, "what it changed"), h("ul", { class: "lx-written", tabindex: "0", "aria-label": found.label }, ...lines)) : h("span", { class: "lx-quiet" }, "it has changed nothing yet")));
    this.wrote = JSON.stringify(found);
  }

  async lookAgain() {
    if (this.waiting.size || !this.root.offsetParent) return;
    try {
      const found = await this.ask("container");
      if (JSON.stringify(found) !== this.wrote) this.drawContainer(found);
    } catch (error) {
      clearInterval(this.looking);
      this.failed(error);
    }
  }

  /** @param {any} item @param {boolean} choose */
  drawItem(item, choose) {
    const verb = verbOf(item.instruction);
    if (item.kind === "step") {
      return h("li", { class: "lx-step", title: item.instruction }, h("span", { class: "lx-verb" }, verb || "·"),
        h("span", { class: "lx-made" }, item.instruction.slice(verb.length)), h("span", { class: "lx-none" }, "no layer"));
    }
    const core = h("span", { class: "lx-core", "aria-hidden": "true" },
      item.waste_text && h("span", { class: "lx-hatch", style: { height: `${Math.max(item.waste_share * 100, 6)}%` } }));
    const made = h("span", { class: "lx-made" }, verb && h("b", {}, verb), item.instruction.slice(verb.length));
    const numbers = h("span", { class: "lx-numbers" }, h("span", { class: "lx-size" }, item.size_text),
      h("span", { class: "lx-plus" }, `+${item.added.toLocaleString("en")}`), h("span", { class: "lx-tilde" }, `~${item.modified.toLocaleString("en")}`),
      h("span", { class: "lx-minus" }, `−${item.removed.toLocaleString("en")}`),
      item.waste_text && h("span", { class: "lx-waste" }, `${item.waste_text} reclaimable`));
    const parts = [core, h("span", { class: "lx-number" }, String(item.n)),
      h("span", { class: "lx-what" }, made, numbers, item.shared && h("span", { class: "lx-shared" }, item.shared),
        item.built && h("span", { class: `lx-built ${item.built.state}` }, `${item.built.sign} ${item.built.word}`))];
    const style = { "--lx-hue": item.hue, "min-height": `${item.height}px` };
    if (!choose) return h("li", {}, h("div", { class: "lx-box", style, title: item.instruction }, ...parts));
    return h("li", {}, h("button", { type: "button", class: "lx-box", "data-layer": item.n, "aria-label": boxSentence(item), title: item.instruction, style,
      onclick: () => this.chooseLayer(item.n) }, ...parts));
  }

  /** @param {number} n */
  chooseLayer(n) {
    this.put("selected_layer", n);
    if (this.mode !== "layer" && this.mode !== "files") this.put("mode", "layer");
  }

  /** @param {KeyboardEvent} event */
  stackKey(event) {
    const boxes = /** @type {HTMLElement[]} */ ([...this.left.querySelectorAll("[data-layer]")]);
    const to = moved(event.key, boxes.indexOf(/** @type {HTMLElement} */ (document.activeElement)), boxes.length, 5);
    if (to === null) return;
    event.preventDefault();
    boxes[to].focus();
    this.chooseLayer(Number(boxes[to].dataset.layer));
  }

  markLayer() {
    for (const box of this.left.querySelectorAll("[data-layer]")) {
      const chosen = Number(box.dataset.layer) === this.layer;
      box.classList.toggle("chosen", chosen);
      if (chosen) box.setAttribute("aria-current", "true");
      else box.removeAttribute("aria-current");
      box.tabIndex = chosen ? 0 : -1;
    }
    if (!this.left.querySelector("[data-layer][tabindex='0']")) this.left.querySelector("[data-layer]")?.setAttribute("tabindex", "0");
  }

  layerChanged() {
    if (!this.left) return;
    this.markLayer();
    this.drawPanel();
  }

  modeChanged() {
    if (this.panel) this.drawPanel();
  }

  filterChanged() {
    this.files?.filterChanged();
  }

  pathChanged() {
    this.files?.pathChanged();
  }

  drawPanel() {
    for (const tab of this.tabs.children) {
      const chosen = tab.dataset.mode === this.mode;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.panel.setAttribute("aria-labelledby", `${this.name}-${this.mode}`);
    const had = this.files?.hasFocus();
    this.files?.end();
    this.files = undefined;
    this.panel.replaceChildren();
    if (this.mode === "waste") {
      this.drawWaste();
      return;
    }
    if (this.mode === "layer") this.drawLayer();
    if (this.mode === "compare") this.panel.append(h("p", { class: "lx-sentence" }, this.picture.compare.sentence));
    this.files = new Files(this, this.panel);
    if (had) this.files.tree.focus();
  }

  async drawLayer() {
    const place = h("div", { class: "lx-layer" });
    this.panel.append(place);
    const n = this.layer;
    try {
      const found = await this.ask("layer", { layer: n });
      if (n !== this.layer) return;
      const facts = h("dl", { class: "lx-facts small" });
      for (const [label, value] of found.facts) facts.append(h("div", {}, h("dt", {}, label), h("dd", { title: value }, value.startsWith("sha256:") ? `${value.slice(7, 19)}…` : value)));
      place.append(h("code", { class: "lx-instruction", tabindex: found.instruction.length > 300 ? "0" : undefined }, found.instruction), facts);
    } catch (error) {
      this.failed(error);
    }
  }

  // -- waste

  drawWaste() {
    const found = this.picture.waste;
    this.panel.append(h("p", { class: "lx-sentence" }, found.sentence));
    const list = h("ol", { class: "lx-wastes", "aria-label": "Reclaimable files, largest first" });
    this.panel.append(list);
    this.addWaste(list, found.rows);
    if (this.picture.unsafe_total) {
      this.panel.append(h("details", {}, h("summary", {}, `${this.picture.unsafe_total} unsafe names, never followed`),
        h("ul", {}, ...this.picture.unsafe.map((/** @type {string} */ text) => h("li", {}, h("code", {}, text))))));
    }
    if (found.total > found.rows.length) {
      const more = h("button", { type: "button", class: "lx-more", onclick: async () => {
        try {
          const next = await this.ask("waste", { start: list.children.length });
          this.addWaste(list, next.rows);
          if (list.children.length >= next.total) more.remove();
          else more.textContent = `Show more (${(next.total - list.children.length).toLocaleString("en")} left)`;
        } catch (error) { this.failed(error); }
      } }, `Show more (${(found.total - found.rows.length).toLocaleString("en")} left)`);
      this.panel.append(more);
    }
  }

  /** @param {HTMLElement} list @param {any[]} rows */
  addWaste(list, rows) {
    for (const row of rows) {
      const go = (/** @type {number} */ n) => h("button", { type: "button", class: "lx-chip layer", style: { "--lx-hue": this.hue(n) }, "aria-label": `Show ${row.path} in layer ${n}`, onclick: () => {
        this.model.set("selected_path", row.id);
        this.model.set("selected_layer", n);
        this.put("mode", "layer");
      } }, `layer ${n}`);
      const same = row.stored_in === row.hidden_in;
      list.append(h("li", {},
        h("div", { class: "lx-waste-head" }, h("strong", {}, row.size_text), h("code", {}, row.path)),
        h("div", {}, same ? "in " : "stored in ", go(row.stored_in), same ? ` ${row.why}` : " hidden in ", !same && go(row.hidden_in), !same && `: ${row.why}`),
        h("div", { class: "lx-advice" }, h("span", { "aria-hidden": "true" }, "→ "), row.advice)));
    }
  }

  /** @param {number} n */
  hue(n) {
    return this.picture.stack.find((/** @type {any} */ item) => item.n === n)?.hue ?? 210;
  }
}

/** The files: filter, columns, a tree of virtual rows, and the file that is chosen. */
class Files {
  /** @param {View} view @param {HTMLElement} place */
  constructor(view, place) {
    this.view = view;
    /** @type {Map<number, Row>} */
    this.rows = new Map();
    this.total = 0;
    this.at = -1;
    this.round = 0;
    this.typed = "";
    this.asking = false;
    this.drawTools(place);
    this.drawHeads(place);
    this.space = h("div", { class: "lx-space", role: "presentation" });
    this.tree = h("div", { class: "lx-tree", tabindex: "0", role: "tree", "aria-label": this.title(), "aria-busy": "true",
      onscroll: () => this.paint(), onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event), onclick: (/** @type {MouseEvent} */ event) => this.click(event),
      onfocus: () => this.at < 0 && this.total && this.tree.matches(":focus-visible") && this.go(0) }, this.space);
    this.detail = h("div", { class: "lx-detail" });
    place.append(this.tree, this.detail);
    this.sized = new ResizeObserver(() => this.paint());
    this.sized.observe(this.tree);
    this.load();
  }

  end() {
    this.round++;
    this.sized.disconnect();
    clearTimeout(this.later);
    clearTimeout(this.forget);
  }

  hasFocus() {
    return this.tree.contains(document.activeElement);
  }

  title() {
    const view = this.view;
    if (view.mode === "compare") return "Paths that differ";
    return view.mode === "layer" ? `Files of layer ${view.layer}` : `Filesystem up to layer ${view.layer}`;
  }

  /** What is listed, for every question. */
  spec() {
    const view = this.view;
    return { mode: view.mode, layer: view.layer, filter: view.model.get("filter"), kinds: [...view.kinds], order: view.order, reverse: view.reverse };
  }

  /** @param {HTMLElement} place */
  drawTools(place) {
    const view = this.view;
    this.input = h("input", { type: "search", "aria-label": "Filter by path", placeholder: "Filter by path", spellcheck: "false", autocomplete: "off",
      oninput: () => { clearTimeout(this.later); this.later = setTimeout(() => this.putFilter(), 120); } });
    this.regular = h("button", { type: "button", class: "lx-chip", "aria-pressed": "false", title: "The filter is a regular expression", onclick: () => {
      this.regular.setAttribute("aria-pressed", String(this.regular.getAttribute("aria-pressed") !== "true"));
      this.putFilter();
    } }, "regular expression");
    this.least = h("select", { "aria-label": "Least size", onchange: () => this.putFilter() }, ...SIZES.map(([value, name]) => h("option", { value }, name)));
    this.chips = h("span", { class: "lx-chips", role: "group", "aria-label": "Kinds of change to show" });
    const jump = (/** @type {boolean} */ back) => h("button", { type: "button", class: "lx-chip", title: back ? "Previous change (P)" : "Next change (N)", onclick: () => this.nextChange(back) }, back ? "↑ previous change" : "↓ next change");
    place.append(h("div", { class: "lx-tools" }, this.input, this.least, this.regular), h("div", { class: "lx-tools" }, this.chips, h("span", { class: "lx-push" }), jump(true), jump(false)));
    this.showFilter();
  }

  showFilter() {
    const parts = splitFilter(this.view.model.get("filter"));
    if (document.activeElement !== this.input) this.input.value = parts.text;
    this.regular.setAttribute("aria-pressed", String(parts.regular));
    if (parts.size && ![...this.least.options].some((/** @type {any} */ one) => one.value === parts.size)) {
      this.least.append(h("option", { value: parts.size }, `≥ ${parts.size}`));
    }
    this.least.value = parts.size;
  }

  putFilter() {
    const regular = this.regular.getAttribute("aria-pressed") === "true";
    const filter = joinFilter({ text: this.input.value.trim(), regular, size: this.least.value });
    if (filter !== this.view.model.get("filter")) this.view.put("filter", filter);
    // An empty regular expression leaves no trace in the filter; the button keeps what was chosen.
    this.regular.setAttribute("aria-pressed", String(regular));
  }

  filterChanged() {
    this.showFilter();
    this.load();
  }

  /** @param {Record<string, number>} counts */
  drawChips(counts) {
    const view = this.view, focused = document.activeElement?.getAttribute("data-kind");
    this.chips.replaceChildren();
    for (const [kind, [sign, word]] of Object.entries(view.signs)) {
      if (!counts[kind] && !view.kinds.has(kind)) continue;
      const chip = h("button", { type: "button", class: `lx-chip ${kind}`, "data-kind": kind, "aria-pressed": String(view.kinds.has(kind)), onclick: () => {
        if (!view.kinds.delete(kind)) view.kinds.add(kind);
        this.load();
      } }, h("span", { class: "lx-sign", "aria-hidden": "true" }, sign), ` ${(counts[kind] ?? 0).toLocaleString("en")} ${word}`);
      this.chips.append(chip);
      if (kind === focused) chip.focus();
    }
  }

  /** @param {HTMLElement} place */
  drawHeads(place) {
    const view = this.view;
    const head = (/** @type {string} */ order, /** @type {string} */ name) => {
      const mark = () => (view.order !== order ? "" : (order === "size") === view.reverse ? " ▲" : " ▼");
      const button = h("button", { type: "button", "data-order": order, "aria-pressed": String(view.order === order), "aria-label": `Sort by ${name.toLowerCase()}`, onclick: () => {
        view.reverse = view.order === order ? !view.reverse : false;
        view.order = order;
        for (const one of this.heads) one.show();
        this.load();
      } });
      button.show = () => { button.textContent = name + mark(); button.setAttribute("aria-pressed", String(view.order === order)); };
      button.show();
      return button;
    };
    this.heads = [head("name", "Name"), head("size", view.mode === "compare" ? "Difference" : "Size")];
    place.append(h("div", { class: "lx-heads" }, this.heads[0], this.heads[1], h("span", {}, "Mode"), h("span", {}, "Owner"), h("span", {}, "Layer")));
  }

  // -- rows

  async load() {
    const round = ++this.round;
    this.asking = false;
    const top = Math.max(0, Math.floor(this.tree.scrollTop / ROW) - AHEAD);
    const keep = this.view.model.get("selected_path");
    try {
      const found = await this.view.ask("rows", { ...this.spec(), start: this.rows.size ? top : 0, count: CHUNK });
      if (round !== this.round) return;
      this.rows.clear();
      this.at = -1;
      this.take(found);
      this.view.say(found.matched === null ? "" : `${found.matched.toLocaleString("en")} found`);
      this.drawChips(found.counts);
      if (keep) this.pathChanged();
    } catch (error) {
      if (round === this.round) this.view.failed(error);
    }
  }

  /** @param {any} found */
  take(found) {
    this.total = found.total;
    found.rows.forEach((/** @type {Row} */ row, /** @type {number} */ at) => this.rows.set(found.start + at, row));
    this.tree.removeAttribute("aria-busy");
    this.resize();
    this.paint();
  }

  /** As tall as its rows, within bounds; it only grows, so that nothing jumps while one opens folders. */
  resize() {
    this.space.style.height = `${Math.max(1, this.total) * ROW}px`;
    this.tall = Math.max(this.tall ?? TALL[0], Math.min(TALL[1], (this.total + 1) * ROW));
    this.tree.style.height = `${this.tall}px`;
  }

  paint() {
    const { start, count } = windowOf(this.tree.scrollTop, this.tree.clientHeight, this.total);
    const drawn = [];
    for (let at = start; at < start + count; at++) {
      const row = this.rows.get(at);
      if (row) drawn.push(this.drawRow(row, at));
    }
    // A tree without items is none: an empty one says so instead.
    this.tree.setAttribute("role", drawn.length ? "tree" : "group");
    if (!this.total && this.round && !this.tree.hasAttribute("aria-busy")) drawn.push(h("div", { class: "lx-empty" }, this.nothing()));
    this.space.replaceChildren(...drawn);
    if (this.rows.has(this.at) && this.at >= start && this.at < start + count) this.tree.setAttribute("aria-activedescendant", `${this.view.name}-row-${this.at}`);
    else this.tree.removeAttribute("aria-activedescendant");
    const gap = missing(this.rows, start, count, this.total);
    if (gap && !this.asking) this.fetch(gap);
  }

  nothing() {
    if (this.view.model.get("filter") || this.view.kinds.size) return "Nothing matches the filter.";
    if (this.view.mode === "compare") return "Both images show the same files.";
    return "This layer changes no file.";
  }

  /** @param {{start: number, count: number}} gap */
  async fetch(gap) {
    const round = this.round;
    this.asking = true;
    try {
      const found = await this.view.ask("rows", { ...this.spec(), ...gap });
      if (round !== this.round) return;
      this.asking = false;
      this.take(found);
    } catch (error) {
      this.asking = round !== this.round && this.asking;
      this.view.failed(error);
    }
  }

  /** @param {Row} row @param {number} at */
  drawRow(row, at) {
    const view = this.view, sign = row.change && view.signs[row.change];
    const chosen = row.id === view.model.get("selected_path");
    const made = h("div", {
      class: `lx-row ${row.change}${row.hidden ? " hidden-later" : ""}${at === this.at ? " at" : ""}${chosen ? " chosen" : ""}`, role: "treeitem",
      id: `${view.name}-row-${at}`, "aria-level": row.depth + 1, "aria-posinset": row.position, "aria-setsize": row.siblings,
      "aria-expanded": row.folder ? String(!!row.open) : undefined, "aria-selected": String(chosen), "aria-label": spoken(row, view.signs),
      style: { top: `${at * ROW}px`, "--lx-depth": Math.min(row.depth, 24) },
    },
    h("span", { class: "lx-sign" }, sign ? sign[0] : ""),
    h("span", { class: "lx-name", title: row.name + (row.link ? ` ${row.link}` : "") }, h("span", { class: "lx-twist" }, row.folder ? (row.open ? "▾" : "▸") : ""), h("span", { class: "lx-text" }, row.name + (row.folder ? "/" : "")),
      row.link && h("span", { class: "lx-link" }, ` ${row.link}`),
      sign && h("span", { class: "lx-word" }, sign[1]), row.hidden && h("span", { class: "lx-word hidden" }, `◌ ${row.hidden}`)),
    h("span", { class: "lx-cell number" }, row.size_text), h("span", { class: "lx-cell mode" }, row.mode ?? ""), h("span", { class: "lx-cell owner" }, row.owner ?? ""),
    h("span", { class: "lx-cell layer" }, row.layer === undefined ? "" : h("span", { class: "lx-badge", style: { "--lx-hue": view.hue(row.layer) } }, String(row.layer))));
    return made;
  }

  /** By place, not by element: what was pressed may have been drawn anew before it is let go. @param {MouseEvent} event */
  click(event) {
    const at = Math.floor((event.clientY - this.space.getBoundingClientRect().top) / ROW), row = this.rows.get(at);
    if (!row) return;
    this.go(at, false);
    if (row.folder) this.toggle(at, !row.open);
    else this.choose(at);
  }

  /** Move to a row. @param {number} at @param {boolean} [show] */
  go(at, show = true) {
    this.at = at;
    if (show) {
      const top = at * ROW, height = this.tree.clientHeight;
      if (top < this.tree.scrollTop) this.tree.scrollTop = top;
      else if (top + ROW > this.tree.scrollTop + height) this.tree.scrollTop = top + ROW - height;
    }
    this.paint();
  }

  /** @param {number} at @param {boolean} open */
  async toggle(at, open) {
    const row = this.rows.get(at);
    if (!row?.folder) return;
    const round = ++this.round;
    const start = Math.max(0, at - AHEAD);
    try {
      const found = await this.view.ask("toggle", { ...this.spec(), path: row.id, open, start, count: CHUNK });
      if (round !== this.round) return;
      this.asking = false;
      this.rows.clear();
      this.take(found);
    } catch (error) {
      this.view.failed(error);
    }
  }

  /** @param {number} at */
  choose(at) {
    const row = this.rows.get(at);
    if (!row) return;
    this.view.put("selected_path", row.id);
    this.paint();
    if (!row.folder) this.drawDetail(row.id);
  }

  async pathChanged() {
    const path = this.view.model.get("selected_path"), round = this.round;
    this.paint();
    if (!path) { this.detail.replaceChildren(); return; }
    if (this.rows.get(this.at)?.id === path) return;
    try {
      const found = await this.view.ask("find", { ...this.spec(), path });
      if (round !== this.round) return;
      if (found.index === null) {
        this.view.say(`${path} is not among these files.`);
        return;
      }
      this.drawDetail(path);
      this.rows.clear();
      this.at = found.index;
      this.total = found.total;
      this.resize();
      this.tree.scrollTop = Math.max(0, found.index * ROW - this.tree.clientHeight / 3);
      this.paint();
    } catch (error) {
      this.view.failed(error);
    }
  }

  /** @param {boolean} back */
  async nextChange(back) {
    const round = this.round, path = this.rows.get(this.at)?.id;
    try {
      const found = await this.view.ask("change", { ...this.spec(), path, back });
      if (round !== this.round) return;
      if (found.index === null) { this.view.say("There is no change here."); return; }
      this.rows.clear();
      this.total = found.total;
      this.resize();
      this.go(found.index);
      this.view.put("selected_path", found.path);
      this.drawDetail(found.path);
    } catch (error) {
      this.view.failed(error);
    }
  }

  // -- keys, as the ARIA tree pattern has them

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.rows.get(this.at);
    const to = moved(event.key, this.at, this.total, Math.max(1, Math.floor(this.tree.clientHeight / ROW) - 1));
    if (to !== null) this.go(to);
    else if (event.key === "ArrowRight") {
      if (row?.folder && !row.open) this.toggle(this.at, true);
      else if (row?.folder && this.rows.get(this.at + 1)?.depth === row.depth + 1) this.go(this.at + 1);
    } else if (event.key === "ArrowLeft") {
      if (row?.folder && row.open) this.toggle(this.at, false);
      else {
        const up = parentOf(this.rows, this.at);
        if (up >= 0) this.go(up);
        else if (row?.depth) this.up(row.id);
      }
    } else if (event.key === "Enter" || event.key === " ") {
      if (row?.folder) this.toggle(this.at, !row.open);
      else this.choose(this.at);
    } else if (event.key === "N" || event.key === "P") this.nextChange(event.key === "P");
    else if (event.key.length === 1) this.type(event.key);
    else return;
    event.preventDefault();
  }

  /** To the parent, which lies above what was loaded. @param {string} path */
  async up(path) {
    const found = await this.view.ask("find", { ...this.spec(), path: path.slice(0, path.lastIndexOf("/")) });
    if (found.index !== null) this.go(found.index);
  }

  /** @param {string} letter */
  async type(letter) {
    clearTimeout(this.forget);
    this.forget = setTimeout(() => { this.typed = ""; }, 700);
    this.typed += letter;
    const after = this.typed.length > 1 ? Math.max(0, this.at) - 1 : Math.max(-1, this.at);
    try {
      const found = await this.view.ask("typed", { ...this.spec(), text: this.typed, after: after < 0 ? this.total - 1 : after });
      if (found.index !== null) this.go(found.index);
    } catch (error) {
      this.view.failed(error);
    }
  }

  // -- one file

  /** @param {string} path */
  async drawDetail(path) {
    const view = this.view, round = (this.shown = (this.shown ?? 0) + 1);
    try {
      const found = await view.ask("one", { mode: view.mode, layer: view.layer, path });
      if (round !== this.shown) return;
      this.body = h("div", { class: "lx-content" });
      const lines = found.versions.map((/** @type {any} */ one, /** @type {number} */ n) => h("tr", { class: one.state },
        h("td", {}, h("span", { class: "lx-badge", style: { "--lx-hue": view.hue(one.layer) } }, `layer ${one.layer}`)),
        h("td", {}, `${one.state === "shown" ? "●" : "◌"} ${one.word}`), h("td", { class: "number" }, one.size_text), h("td", { class: "mode" }, one.mode), h("td", {}, one.owner),
        h("td", {}, one.readable && this.button("Text", `Content of layer ${one.layer}'s version as text`, "content", { path, at: one.at, form: "text" }),
          one.readable && this.button("Hex", `Content of layer ${one.layer}'s version as hexadecimal digits`, "content", { path, at: one.at, form: "hex" }),
          n > 0 && one.readable && found.versions[n - 1].readable && this.button("What changed", `What changed from layer ${found.versions[n - 1].layer}'s version to layer ${one.layer}'s`, "difference", { path, first: n - 1, second: n }))));
      const heads = ["Layer", "Version", "Size", "Mode", "Owner", "Look"].map((name) => h("th", { scope: "col" }, name));
      this.detail.replaceChildren(h("div", { class: "lx-path" }, h("code", {}, found.path)), h("p", { class: "lx-sentence" }, found.sentence),
        lines.length ? h("div", { class: "lx-scroll" }, h("table", { class: "lx-versions" }, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...lines))) : "", this.body);
      const last = found.versions.filter((/** @type {any} */ one) => one.readable).find((/** @type {any} */ one) => view.mode === "layer" && one.layer === view.layer)
        ?? found.versions.findLast((/** @type {any} */ one) => one.readable);
      if (last) this.look("content", { path, at: last.at, form: "auto" });
    } catch (error) {
      view.failed(error);
    }
  }

  /** @param {string} name @param {string} label @param {string} what @param {any} more */
  button(name, label, what, more) {
    return h("button", { type: "button", class: "lx-chip", "aria-label": label, onclick: () => this.look(what, more) }, name);
  }

  /** @param {string} what @param {any} more */
  async look(what, more) {
    const view = this.view, body = this.body;
    try {
      const found = await view.ask(what, { mode: view.mode, layer: view.layer, ...more });
      if (body !== this.body) return;
      const title = found.title ?? `Layer ${found.layer}'s version as ${found.form === "hex" ? "hexadecimal digits" : "text"}`;
      const text = h("pre", { tabindex: "0", role: "region", "aria-label": `${title}: ${more.path}` });
      if (found.lines) for (const [kind, line] of found.lines) text.append(h("span", { class: `lx-line ${kind}` }, `${line}\n`));
      else text.textContent = found.text;
      body.replaceChildren(h("div", { class: "lx-caption" }, [title, found.note].filter(Boolean).join(". ")), found.text || found.lines?.length ? text : "");
    } catch (error) {
      view.failed(error);
    }
  }
}

export default {
  /** @param {{model: Model, el: HTMLElement}} context */
  render({ model, el }) {
    const view = new View(model, el);
    return () => view.end();
  },
};
