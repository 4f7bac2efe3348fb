"""Small images made on the spot, for notebooks and tests: `sample_image([{"a": b"1"}, {".wh.a": b""}])`."""

from labhelpers.samples.archives import docker_archive, oci_archive, oci_folder
from labhelpers.samples.build import Item, Node, hard_link, layer_tar, sample_image

__all__ = [
    "Item",
    "Node",
    "docker_archive",
    "hard_link",
    "layer_tar",
    "oci_archive",
    "oci_folder",
    "sample_image",
]
