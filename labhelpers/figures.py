"""A comparison of containers and virtual machines as a table and as a picture, each with its words."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape

from labhelpers.measure import Comparison
from labhelpers.measure.results import NAMES, Run, seconds, size
from labhelpers.widgets.look import panel


class ComparisonTable:
    """Medians with their spread: a table in a notebook, lines of text elsewhere."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.title = f"{comparison.image}, {len(comparison.of('container'))} runs each, by {comparison.how}"

    def __repr__(self) -> str:
        return "\n".join(
            [self.title, *(f"{what}: {one} | {two}" for what, one, two in self.comparison.table())]
        )

    def _repr_html_(self) -> str:
        heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in ("", *NAMES.values()))
        rows = "".join(
            f'<tr><th scope="row">{escape(what)}</th><td>{escape(one)}</td><td>{escape(two)}</td></tr>'
            for what, one, two in self.comparison.table()
        )
        foot = "<div>median (smallest to largest)</div>"
        return panel(self.title, f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>{foot}")


class ComparisonFigure:
    """Every run as a point, each median as a line: start, memory, processes. Readable in black and white."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison

    @property
    def words(self) -> str:
        """The picture in words."""
        parts = []
        for what, value, form in _PANELS:
            told = [f"{NAMES[kind]} {self.comparison.spread(kind, value).text(form)}" for kind in NAMES]
            parts.append(f"{what}: {'; '.join(told)}")
        return ". ".join(parts) + "."

    def __repr__(self) -> str:
        return self.words

    def png(self) -> bytes:
        """The picture."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9, 3.2), layout="constrained", facecolor="white")
        for axes, (what, value, _) in zip(figure.subplots(1, 3), _PANELS, strict=True):
            for place, kind in enumerate(NAMES):
                values = [value(run) / _SCALE[what] for run in self.comparison.of(kind)]
                middle = self.comparison.spread(kind, value).median / _SCALE[what]
                look = {"container": ("o", "#0a58a6"), "machine": ("^", "#a12a1e")}[kind]
                shift = [
                    place + (index / max(1, len(values) - 1) - 0.5) * 0.3 for index in range(len(values))
                ]
                axes.plot(shift, values, look[0], color=look[1], alpha=0.8, markersize=5)
                axes.hlines(middle, place - 0.3, place + 0.3, color="black", linewidth=1.5)
                # Beside its line, where no point can be.
                axes.annotate(
                    f"{middle:.3g}",
                    (place + 0.32, middle),
                    xytext=(2, 0),
                    textcoords="offset points",
                    va="center",
                )
            axes.set_xticks(range(len(NAMES)), list(NAMES.values()))
            axes.set_xlim(-0.6, 1.9)
            axes.set_ylim(0, axes.get_ylim()[1] * 1.15)
            axes.set_title(f"{what} ({_UNIT[what]})", fontsize=10)
            axes.spines[["top", "right"]].set_visible(False)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=110)
        return out.getvalue()

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png()).decode()
        image = f'<img src="data:image/png;base64,{data}" alt="{escape(self.words)}" style="max-width: 100%">'
        words = f"<details><summary>The picture in words</summary>{escape(self.words)}</details>"
        return panel("Each point a run, each line a median", image + words)


_PANELS: tuple[tuple[str, Callable[[Run], float], Callable[[float], str]], ...] = (
    ("Start to first line", lambda run: run.start, seconds),
    ("Memory", lambda run: run.memory, size),
    ("Processes it sees", lambda run: run.processes, lambda value: f"{value:g}"),
)
_SCALE = {"Start to first line": 1.0, "Memory": 1e6, "Processes it sees": 1.0}
_UNIT = {"Start to first line": "seconds", "Memory": "MB", "Processes it sees": "number"}


def table(comparison: Comparison) -> ComparisonTable:
    """The comparison as a table."""
    return ComparisonTable(comparison)


def figure(comparison: Comparison) -> ComparisonFigure:
    """The comparison as a picture, with its content in words."""
    return ComparisonFigure(comparison)
