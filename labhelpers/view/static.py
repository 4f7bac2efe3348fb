"""The same picture without scripts: for GitHub, exported slides, nbconvert, a notebook without its kernel.

Where styles are taken away too (GitHub does), what is left is a heading, a table and a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_CARD = (
    "background:#ffffff;color:#1f2328;border:1px solid #d0d7de;border-radius:8px;padding:12px 16px;"
    "max-width:60em;font:14px/1.45 system-ui,sans-serif"
)
_CELL = "text-align:left;vertical-align:top;padding:4px 12px 4px 0;border:0;background:none;color:#1f2328"
_NUMBER = _CELL.replace("text-align:left", "text-align:right") + ";white-space:nowrap"
_HATCH = "repeating-linear-gradient(135deg,#a12a1e 0 2px,#ffffff 2px 5px)"
_MOST_WASTE = 10


def page(picture: Mapping[str, Any]) -> str:
    """HTML of a picture (see `explorer.Explorer.picture`): header, stack, waste. No scripts, no addresses."""
    head = picture["header"]
    facts = "; ".join(f"{item['label'].lower()} {item['value']}" for item in head["sizes"])
    parts = [
        f'<section style="{_CARD}" aria-label="Layers of {escape(head["name"])}">',
        f'<h3 style="margin:0 0 4px;font-size:16px;color:#1f2328">{escape(head["name"])}</h3>',
        f'<p style="margin:0 0 8px;color:#1f2328">{escape(head["platform"])}, '
        f"<code>{escape(head['digest_short'])}</code>, "
        f"{escape(head['sentence'])}; {escape(facts)}.</p>",
        _table(("Layer", "Made by", "Content", "Changes", "Reclaimable"), _stack(picture["stack"])),
    ]
    found = picture["waste"]
    parts.append(f'<p style="margin:12px 0 4px;color:#1f2328"><b>Waste.</b> {escape(found["sentence"])}</p>')
    if found["rows"]:
        shown = found["rows"][:_MOST_WASTE]
        parts.append(_table(("Content", "Path", "Why", "What to do"), map(_waste, shown)))
        if (more := found["total"] - len(shown)) > 0:
            parts.append(f'<p style="margin:4px 0;color:#1f2328">… and {more:,} more.</p>')
    parts.append(
        '<p style="margin:8px 0 0;font-size:12px;color:#57606a">A picture without its kernel: run the cell '
        f"to explore. {escape(head['units'])}</p></section>"
    )
    return "".join(parts)


def _table(heads: Iterable[str], rows: Iterable[str]) -> str:
    cells = "".join(f'<th scope="col" style="{_CELL};font-weight:600">{escape(head)}</th>' for head in heads)
    return (
        '<table style="border-collapse:collapse;font-size:13px;margin:0;width:100%">'
        f"<thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _stack(items: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for item in items:
        if item["kind"] == "step":
            yield (
                f'<tr><td style="{_CELL};padding-top:0;padding-bottom:0"></td><td colspan="4" '
                f'style="{_CELL};padding-top:0;padding-bottom:0;color:#57606a">'
                f"<small>{escape(item['instruction'])} <i>(no layer)</i></small></td></tr>"
            )
        elif item["kind"] == "layer":
            yield _layer(item)


def _layer(box: Mapping[str, Any]) -> str:
    height = min(int(box["height"]), 200)
    colour = f"hsl({box['hue']},55%,48%)"
    hatched = round(height * box.get("waste_share", 0))
    block = (
        f'<div style="float:left;width:14px;height:{height}px;margin-right:8px;background:{colour}">'
        f'<div style="height:{hatched}px;background:{_HATCH}"></div></div>'
    )
    more = "".join(f"<br><small>{escape(box[key])}</small>" for key in ("shared",) if key in box)
    if "built" in box:
        more += f"<br><small>{escape(box['built']['word'])}</small>"
    changes = f"+{box['added']:,} ~{box['modified']:,} −{box['removed']:,}"
    return (
        f'<tr><td style="{_CELL};white-space:nowrap">{block}{box["n"]}</td>'
        f'<td style="{_CELL};overflow-wrap:anywhere"><code>{escape(box["instruction"])}</code>{more}</td>'
        f'<td style="{_NUMBER}">{escape(box["size_text"])}</td>'
        f'<td style="{_CELL};white-space:nowrap">{changes}</td>'
        f'<td style="{_NUMBER}">{escape(box.get("waste_text", "–"))}</td></tr>'
    )


def _waste(row: Mapping[str, Any]) -> str:
    why = f"layer {row['stored_in']} stores it, layer {row['hidden_in']} hides it: {row['why']}"
    return (
        f'<tr><td style="{_NUMBER}">{escape(row["size_text"])}</td>'
        f'<td style="{_CELL};overflow-wrap:anywhere"><code>{escape(row["path"])}</code></td>'
        f'<td style="{_CELL}">{escape(why)}</td><td style="{_CELL}">{escape(row["advice"])}</td></tr>'
    )
