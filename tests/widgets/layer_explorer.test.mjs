// The explorer's helpers that need no page. Run by test_explorer_js.py with Node's own runner.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const module = await import(pathToFileURL(process.env.MODULE).href);
const { windowOf, missing, moved, splitFilter, joinFilter, human, spoken, parentOf } = module;

test("no helper has a name that the loader would take for the old form", () => {
  assert.deepEqual(Object.keys(module.default), ["render"]);
  assert.ok(!("render" in module));
});

test("a window is what is seen and a little more, never beyond the rows", () => {
  assert.deepEqual(windowOf(0, 260, 1000, 26, 8), { start: 0, count: 18 });
  assert.deepEqual(windowOf(26 * 500, 260, 1000, 26, 8), { start: 492, count: 26 });
  assert.deepEqual(windowOf(26 * 995, 260, 1000, 26, 8), { start: 987, count: 13 });
  assert.deepEqual(windowOf(0, 260, 0, 26, 8), { start: 0, count: 0 });
});

test("what is missing is asked for in chunks that hold the window", () => {
  const there = new Map(Array.from({ length: 80 }, (_, n) => [n, n]));
  assert.equal(missing(there, 10, 30, 1000), null);
  assert.deepEqual(missing(there, 70, 30, 1000), { start: 80, count: 80 });
  const up = missing(new Map([[500, 1]]), 471, 30, 1000);
  assert.ok(up.start <= 471 && up.start + up.count >= 501);
  assert.equal(missing(new Map(), 0, 30, 0), null);
});

test("keys move within the rows", () => {
  assert.equal(moved("ArrowDown", 0, 3, 2), 1);
  assert.equal(moved("ArrowDown", 2, 3, 2), 2);
  assert.equal(moved("ArrowUp", 0, 3, 2), 0);
  assert.equal(moved("PageDown", 0, 9, 4), 4);
  assert.equal(moved("End", 0, 9, 4), 8);
  assert.equal(moved("Home", 8, 9, 4), 0);
  assert.equal(moved("ArrowDown", -1, 9, 4), 0);
  assert.equal(moved("x", 0, 9, 4), null);
  assert.equal(moved("End", 0, 0, 4), null);
});

test("a filter in parts and back", () => {
  for (const filter of ["", "abc", "re:^/a", "abc size>1MB", "re:x size>10kB", "size>1kB"]) {
    assert.equal(joinFilter(splitFilter(filter)), filter);
  }
  assert.deepEqual(splitFilter("re:a b size>1kB"), { text: "a b", regular: true, size: "1kB" });
});

test("bytes read as the kernel writes them", () => {
  assert.deepEqual([0, 1, 999, 1000, 99_949, 743_000_000].map(human), ["0 bytes", "1 byte", "999 bytes", "1.0 kB", "99.9 kB", "743 MB"]);
});

test("a row is a sentence", () => {
  const row = { name: "sh", kind: "symbolic link", link: "→ bash", change: "added", hidden: "hidden by layer 3", size_text: "4 bytes", layer: 1 };
  assert.equal(spoken(row, { added: ["+", "added"] }), "sh, leads to bash, symbolic link, added, hidden by layer 3, 4 bytes, from layer 1");
});

test("the parent is the nearest row above that stands less deep", () => {
  const rows = new Map([[0, { depth: 0 }], [1, { depth: 1 }], [2, { depth: 2 }], [3, { depth: 1 }]]);
  assert.equal(parentOf(rows, 2), 1);
  assert.equal(parentOf(rows, 3), 0);
  assert.equal(parentOf(rows, 0), -1);
  assert.equal(parentOf(new Map([[9, { depth: 2 }]]), 9), -1);
});
