"""The drawing of a project, as SVG: doors of the machine, services, networks as rails, volumes.

Every size is in pixels of the drawing. Text is escaped; nothing of the file becomes markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from labhelpers.compose.model import Model, Service

_WIDTH = 860
_DOOR = (24, 190)  # x, width
_BOX = (292, 236)
_RAIL = 580  # the first network's x
_RAIL_STEP = 34
_VOLUME_WIDTH = 168
_TOP = 96
_LINE = 19

# Fill and edge, light and dark, of a door, of a box for each kind of state, and of the rest.
_BOXES = {
    "none": (("#f3f6fa", "#8c959f"), ("#21262d", "#8c959f")),
    "good": (("#dff5e3", "#1a6b33"), ("#12351f", "#7fd99a")),
    "some": (("#fff1cc", "#7a5200"), ("#3a2d05", "#e3b341")),
    "bad": (("#fde7e4", "#a12a1e"), ("#43181a", "#ff9d91")),
    "door": (("#ddeeff", "#0a58a6"), ("#0f2c4d", "#79b8ff")),
    "card": (("#ffffff", "#d0d7de"), ("#161b22", "#3d444d")),
}
_INK = {
    "text": ("#1f2328", "#e6edf3"),
    "small": ("#424a53", "#b6bfc9"),
    "rail": ("#0a58a6", "#79b8ff"),
}


@dataclass(frozen=True)
class Look:
    """How a service is drawn. `words`: its state; `kind`: "good", "some", "bad" or "none", the colour."""

    service: Service
    words: str
    kind: str


def draw(model: Model, looks: Sequence[Look], *, description: str, dark: bool) -> str:
    """The picture of a project, on a card of its own."""
    rows, y = [], _TOP
    for look in looks:
        rows.append((look, y, _height(look.service)))
        y += _height(look.service) + 26
    right = _RAIL + _RAIL_STEP * max(len(model.networks), 1) + 16
    width = max(_WIDTH, right + _VOLUME_WIDTH + 24) if _volumes(looks) else max(_WIDTH, right + 24)
    height = max(y, _TOP + 60) + 6
    parts = [_heads(model, looks, right), _rails(model, rows, y)]
    for look, top, tall in rows:
        parts += [_doors(look, top, tall), _volume_lines(look, top, right), _box(look, top, tall)]
    parts.append(_rail_names(model))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img" '
        f'aria-labelledby="project-title project-words"><title id="project-title">The project '
        f'{escape(model.name)}</title><desc id="project-words">{escape(description)}</desc>'
        f"{_style(dark)}"
        f'<rect class="card" x="1" y="1" width="{width - 2}" height="{height - 2}" rx="12"/>'
        f"{''.join(parts)}</svg>"
    )


def _height(service: Service) -> int:
    lines = 3 + len(service.needs) + (service.restart not in ("", "no"))
    return max(24 + _LINE * lines, 16 + 44 * max(len(service.ports), len(service.mounts)))


def _heads(model: Model, looks: Sequence[Look], right: int) -> str:
    texts = [_text(24, 38, f"The project {model.name}", "head")]
    if any(look.service.ports for look in looks):
        texts.append(_text(_DOOR[0], 74, "your machine", "small"))
    texts.append(_text(_BOX[0], 74, "services", "small"))
    if model.networks:
        texts.append(_text(_RAIL - 12, 74, "networks" if len(model.networks) > 1 else "network", "small"))
    if _volumes(looks):
        texts.append(_text(right + 12, 74, "storage", "small"))
    return "".join(texts)


def _volumes(looks: Sequence[Look]) -> bool:
    return any(look.service.mounts for look in looks)


def _rails(model: Model, rows: Sequence[tuple[Look, int, int]], bottom: int) -> str:
    """A line for each network; a dot where a service is on it."""
    parts = []
    for number, network in enumerate(model.networks):
        x = _RAIL + _RAIL_STEP * number
        parts.append(f'<path class="rail" d="M{x} {_TOP - 6} V{bottom - 22}"/>')
        for look, top, _ in rows:
            if network in look.service.networks:
                y = top + 22 + 12 * number
                parts.append(f'<path class="rail" d="M{_BOX[0] + _BOX[1]} {y} H{x}"/>')
                parts.append(f'<circle class="dot" cx="{x}" cy="{y}" r="5"/>')
    return "".join(parts)


def _rail_names(model: Model) -> str:
    """The name of each network along its line, readable where another line crosses it."""
    parts = []
    for number, network in enumerate(model.networks):
        turned = f"translate({_RAIL + _RAIL_STEP * number + 14} {_TOP + 2}) rotate(90)"
        parts.append(f'<text class="small clear" transform="{turned}">{escape(_short(network, 24))}</text>')
    return "".join(parts)


def _doors(look: Look, top: int, tall: int) -> str:
    """The doors of the machine that lead to a service."""
    parts = []
    x, width = _DOOR
    for number, port in enumerate(look.service.ports):
        y = top + 8 + 44 * number
        parts.append(f'<rect class="door" x="{x}" y="{y}" width="{width}" height="32" rx="16"/>')
        parts.append(_text(x + width // 2, y + 21, _short(port.address, 22), "code middle"))
        parts.append(f'<path class="line" d="M{x + width} {y + 16} H{_BOX[0] - 10}"/>')
        tip = _BOX[0] - 2
        parts.append(f'<path class="tip" d="M{tip - 10} {y + 11} L{tip} {y + 16} L{tip - 10} {y + 21} z"/>')
        parts.append(_text((x + width + _BOX[0]) // 2, y + 8, str(port.target), "code middle"))
    return "".join(parts)


def _volume_lines(look: Look, top: int, right: int) -> str:
    """What a service finds at its paths, on the right."""
    parts = []
    for number, mount in enumerate(look.service.mounts):
        y = top + 8 + 44 * number
        start = _BOX[0] + _BOX[1]
        parts.append(f'<path class="line dash" d="M{start} {y + 24} H{right + 12}"/>')
        shape = "rx='10'" if mount.kind == "volume" else "rx='2'"
        parts.append(
            f'<rect class="none" x="{right + 12}" y="{y}" width="{_VOLUME_WIDTH}" height="38" {shape}/>'
        )
        kind = {"volume": "volume", "bind": "your machine", "tmpfs": "memory"}.get(mount.kind, mount.kind)
        name = mount.source or ("no name" if mount.kind == "volume" else "")
        parts.append(_text(right + 24, y + 16, _short(f"{kind}: {name}" if name else kind, 22), "small"))
        parts.append(_text(right + 24, y + 32, _short(mount.target, 20), "code"))
    return "".join(parts)


def _box(look: Look, top: int, tall: int) -> str:
    service = look.service
    copies = f" ×{service.copies}" if service.copies > 1 else ""
    lines = [f"built from {service.built}" if service.built else service.image]
    lines += [f"after {other}{' is healthy' if 'healthy' in how else ''}" for other, how in service.needs]
    lines += [f"restart: {service.restart}"] if service.restart not in ("", "no") else []
    x, width = _BOX
    parts = [
        f'<rect class="{look.kind}" x="{x}" y="{top}" width="{width}" height="{tall}" rx="8"/>',
        _text(x + 14, top + 25, _short(service.name, 18) + copies, "head"),
        _text(x + 14, top + 25 + _LINE, _short(look.words, 32), "state"),
    ]
    for number, line in enumerate(lines, 2):
        # Of an image's name the end says most.
        parts.append(_text(x + 14, top + 25 + _LINE * number, _short_start(line, 34), "small"))
    return "".join(parts)


def _text(x: int, y: int, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(text)}</text>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _short_start(text: str, most: int) -> str:
    return text if len(text) <= most else "…" + text[-(most - 1) :]


def _style(dark: bool) -> str:
    ink = {name: pair[dark] for name, pair in _INK.items()}
    boxes = [
        f".{kind} {{ fill: {pair[dark][0]}; stroke: {pair[dark][1]}; stroke-width: 1.5 }}"
        for kind, pair in _BOXES.items()
    ]
    sans = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
    mono = "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
    rules = [
        f"text {{ font: 15px {sans}; fill: {ink['text']} }}",
        ".head { font-size: 17px; font-weight: 600 }",
        f".small {{ font-size: 13px; fill: {ink['small']} }}",
        f".clear {{ paint-order: stroke; stroke: {_BOXES['card'][dark][0]}; stroke-width: 5px }}",
        ".state { font-size: 14px; font-weight: 600 }",
        f".code {{ font: 13.5px {mono} }}",
        ".middle { text-anchor: middle }",
        *boxes,
        f".line {{ stroke: {ink['text']}; stroke-width: 2; fill: none }}",
        ".dash { stroke-dasharray: 6 4 }",
        f".tip {{ fill: {ink['text']} }}",
        f".rail {{ stroke: {ink['rail']}; stroke-width: 3; fill: none }}",
        f".dot {{ fill: {ink['rail']} }}",
    ]
    return f"<style>{' '.join(rules)}</style>"
