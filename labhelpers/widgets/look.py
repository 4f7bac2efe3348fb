"""The look that our panels share: JupyterLab's own colours, with fallbacks for other notebooks."""

from __future__ import annotations

from html import escape

# Where JupyterLab's variables are missing (GitHub, nbconvert, VS Code) the light colours hold, on a card of
# their own, so that the text is readable on a dark page too. Contrast is at least 4.5 : 1 in both themes.
STYLE = """<style>
.lab-panel { background: var(--jp-layout-color1, #ffffff); color: var(--jp-ui-font-color1, #1f2328);
  border: 1px solid var(--jp-border-color1, #d0d7de); border-radius: 8px; padding: 12px 16px; max-width: 60em;
  font: 14px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); }
.lab-panel h3 { margin: 0 0 8px; font-size: 16px; color: inherit; }
.lab-panel table { border-collapse: collapse; width: 100%; margin: 0; font-size: inherit; }
.lab-panel th, .lab-panel td { text-align: left !important; vertical-align: top; padding: 5px 12px 5px 0;
  border: 0; border-top: 1px solid var(--jp-border-color2, #e4e8ec); background: none; color: inherit;
  white-space: normal; }
.lab-panel thead th { border-top: 0; font-weight: 600; }
.lab-panel tbody th { font-weight: 600; }
.lab-panel .state { white-space: nowrap; font-weight: 600; }
.lab-panel .fix { display: block; margin-top: 2px; }
.lab-panel code { font-family: var(--jp-code-font-family, monospace); }
</style>"""


def panel(title: str, body: str) -> str:
    """A card with a heading; `body` is HTML whose names are escaped already."""
    return (
        f'{STYLE}<section class="lab-panel" role="region" aria-label="{escape(title)}">'
        f"<h3>{escape(title)}</h3>{body}</section>"
    )
