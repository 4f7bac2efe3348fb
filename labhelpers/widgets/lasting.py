"""What is left of a widget without its kernel: the words and the picture that the notebook's file keeps."""

from __future__ import annotations

from typing import Any

import anywidget


class Lasting(anywidget.AnyWidget):
    """A widget whose output outlives its kernel: its `repr`, and its `_static` as HTML without scripts."""

    def _static(self) -> str | None:
        """The picture for GitHub, exports and a notebook without its kernel; None while there is none."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        data["text/plain"] = repr(self)
        if picture := self._static():
            data["text/html"] = picture
        return data, metadata
