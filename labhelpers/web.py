"""Asking a web address for its page, as a browser or curl does."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from html import unescape
from http.client import HTTPException

_PAUSE = 0.1  # seconds between two tries


def visit(
    url: str,
    *,
    wait: float = 10,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """The text of a web page, waiting up to `wait` seconds for its server to come up.

    Stands for `curl --retry 10 --retry-all-errors URL`, without the page's markup. When nobody answers it
    says so and raises nothing: in this workshop that is often what there is to see.
    """
    if not url.startswith(("http://", "https://")):
        return f"{url} is not a web address: it begins with http://."
    # A proxy of the environment must not be asked for this machine's own addresses.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = clock() + wait
    while True:
        try:
            with opener.open(url, timeout=max(wait, 1)) as answer:
                page = answer.read().decode(errors="replace")
        except urllib.error.HTTPError as refused:
            refused.close()
            return f"{url} answers with status {refused.code}: {refused.reason}"
        except (OSError, HTTPException):
            if clock() >= end:
                return f"No answer from {url} within {wait:g} s."
            pause(_PAUSE)
        else:
            return _text(page)


def _text(page: str) -> str:
    """The text of an HTML page, one line for each of its own; anything else as it is."""
    if "<html" not in page.lower():
        return page.rstrip()
    page = re.sub(r"<(script|style|title)\b.*?</\1\s*>", "", page, flags=re.DOTALL | re.IGNORECASE)
    page = re.sub(r"<(br|/p|/h\d|/li|/div)\b[^>]*>", "\n", page, flags=re.IGNORECASE)
    lines = unescape(re.sub(r"<[^>]*>", "", page)).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())
