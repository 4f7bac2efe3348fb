"""The layer explorer: a picture of an image's layers that people can look into. `explore("NAME")`."""

from labhelpers.widgets.layer_explorer.explore import explore
from labhelpers.widgets.layer_explorer.widget import LayerExplorer

__all__ = ["LayerExplorer", "explore"]
