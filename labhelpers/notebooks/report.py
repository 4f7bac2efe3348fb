"""A report of executed notebooks: one HTML page each and a page that lists them, all without a network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from nbconvert import HTMLExporter
from nbformat import NotebookNode

# A page of nbconvert's asks other hosts for these; a report is read where there may be no network.
_ADDRESSES = ("require_js_url", "jquery_url", "mathjax_url", "mermaid_js_url", "widget_renderer_url")


@dataclass(frozen=True)
class Outcome:
    """How one notebook went. `seconds` it took; `failure`: why it failed, or empty; `cells` that ran."""

    name: str
    seconds: float
    cells: int
    failure: str = ""


def page(notebook: NotebookNode, *, folder: Path, title: str) -> str:
    """An executed notebook as one HTML page, with its pictures in it. `folder`: where its links start."""
    addresses = dict.fromkeys(_ADDRESSES, "")
    exporter = HTMLExporter(embed_images=True, **addresses)  # type: ignore[no-untyped-call]
    html: str
    html, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder), "name": title}})
    return re.sub(r'<script[^>]*src="[^"]*"[^>]*></script>', "", html)


def index(outcomes: list[Outcome]) -> str:
    """The page that lists what ran."""
    rows = []
    for one in outcomes:
        verdict = f"✗ failed: {escape(one.failure)}" if one.failure else "✓ ran to its end"
        rows.append(
            f'<tr><th scope="row"><a href="{escape(one.name)}.html">{escape(one.name)}</a></th>'
            f"<td>{verdict}</td><td>{one.cells}</td><td>{one.seconds:.1f}</td></tr>"
        )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Notebooks that ran</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }}
body {{ max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }}
th, td {{ text-align: left; padding: 0.3rem 1.5rem 0.3rem 0; vertical-align: top; }}
</style>
<h1>Notebooks that ran</h1>
<table><thead><tr><th scope="col">Notebook</th><th scope="col">Result</th><th scope="col">Code cells</th>
<th scope="col">Seconds</th></tr></thead><tbody>{"".join(rows)}</tbody></table>
</html>
"""
