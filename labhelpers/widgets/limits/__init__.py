"""A container's limits, changed while it runs: see `labhelpers.widgets.limits.widget`."""

from labhelpers.widgets.limits.widget import LiveLimits, live_limits

__all__ = ["LiveLimits", "live_limits"]
