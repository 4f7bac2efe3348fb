"""The look that our panels share: JupyterLab's own colours, with fallbacks for other notebooks."""

from __future__ import annotations

import re
from html import escape

# Where JupyterLab's variables are missing (GitHub, nbconvert, VS Code) the light colours hold, on a card of
# their own, so that the text is readable on a dark page too. JupyterLab's own green and red are too pale for
# small text, so those two are ours. Contrast is at least 4.5 : 1 in both themes.
STYLE = """<style>
section.lab-panel { background: var(--jp-layout-color1, #ffffff); color: var(--jp-ui-font-color1, #1f2328);
  border: 1px solid var(--jp-border-color1, #d0d7de); border-radius: 8px; padding: 12px 16px; max-width: 60em;
  font: 14px/1.45 var(--jp-ui-font-family, system-ui, sans-serif); }
section.lab-panel h3 { margin: 0 0 8px; font-size: 16px; line-height: 1.3; font-weight: 600; color: inherit; }
section.lab-panel table { border-collapse: collapse; table-layout: auto; width: 100%; margin: 0;
  font-size: inherit; }
section.lab-panel tr { background: none !important; }
section.lab-panel th, section.lab-panel td { text-align: left !important; vertical-align: top;
  background: none; padding: 5px 16px 5px 0; border: 0;
  border-top: 1px solid var(--jp-border-color2, #e4e8ec);
  color: inherit; white-space: normal; max-width: none; }
section.lab-panel td { overflow-wrap: anywhere; }
section.lab-panel thead th { border-top: 0; font-weight: 600; }
section.lab-panel tbody th, section.lab-panel td.state { font-weight: 600; white-space: nowrap; width: 1%; }
section.lab-panel .fix { display: block; margin-top: 2px; }
section.lab-panel h3 .state { margin-right: 6px; }
section.lab-panel h4 { margin: 14px 0 4px; font-size: 14px; font-weight: 600; color: inherit; }
section.lab-panel p { margin: 4px 0; color: inherit; }
section.lab-panel pre { margin: 8px 0 0; padding: 8px 10px; overflow-x: auto; color: inherit;
  background: var(--jp-layout-color2, #f6f8fa); border-radius: 4px; }
section.lab-panel.is-good { border-left: 4px solid #2f9e55; }
section.lab-panel.is-open { border-left: 4px solid #c98a1b; }
section.lab-panel.is-bad { border-left: 4px solid #d0503f; }
section.lab-panel .good { color: #1a6b33; }
section.lab-panel .open { color: #7a4f00; }
section.lab-panel .bad { color: #a12a1e; }
body[data-jp-theme-light="false"] section.lab-panel .good { color: #7fd99a; }
body[data-jp-theme-light="false"] section.lab-panel .open { color: #f0c674; }
body[data-jp-theme-light="false"] section.lab-panel .bad { color: #ff9d91; }
section.lab-panel code { font-family: var(--jp-code-font-family, monospace); }
</style>"""


def panel(title: str, body: str, *, state: tuple[str, str, str] | None = None) -> str:
    """A card with a heading; `body` is HTML whose names are escaped already.

    `title`: text, see `rich`. `state`: a sign, a word and a class (good, open, bad, plain) before it.
    """
    mark = ""
    if state:
        sign, word, kind = state
        mark = f'<span class="state {kind}"><span aria-hidden="true">{sign}</span> {escape(word)}</span> '
    label = (f"{state[1]}: {title}" if state else title).replace("`", "")
    return (
        f'{STYLE}<section class="lab-panel{(state and f" is-{state[2]}") or ""}" role="region" '
        f'aria-label="{escape(label)}">'
        f"<h3>{mark}{rich(title)}</h3>{body}</section>"
    )


def rich(text: str) -> str:
    """Text as HTML: what stands in backticks is code, and everything else is text."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
