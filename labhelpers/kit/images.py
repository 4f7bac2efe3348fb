"""From a loaded kit into the class registry: what `./lab up` would otherwise build."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin

import requests

from labhelpers import oci
from labhelpers.engine import Engine, session
from labhelpers.errors import FormatError, KitError, RegistryError
from labhelpers.kit.contents import Contents, loaded
from labhelpers.labels import WORKSHOP
from labhelpers.owners import temporary
from labhelpers.places import Places
from labhelpers.process import run
from labhelpers.registry.server import ClassRegistry
from labhelpers.stock.build import local_recipe, missing
from labhelpers.stock.recipes import BY_NAME, REGISTRY_IMAGE, Recipe
from labhelpers.telling import Progress

_AGAIN = "Load the kit again: ./lab kit load FILE"


def bring_images(engine: Engine, env: Mapping[str, str], where: Places, progress: Progress) -> None:
    """Give the class registry what it lacks and a loaded kit holds; do nothing where no kit was loaded.

    `env`: what the docker command line needs. Raises KitError, RegistryError or PortTaken.
    """
    contents = loaded(where)
    if contents is None:
        return
    registry = ClassRegistry(engine, session(where), REGISTRY_IMAGE)
    own = BY_NAME["registry"]
    if local_recipe(engine, own) != own.digest():
        if not _holds(contents, own):
            return
        registry.stop()
        with progress.task("Taking the registry from the kit", unit="steps"):
            _load(_read(where.kit, own, registry.session), env)
    registry.start()
    for recipe in missing(registry):
        if _holds(contents, recipe):
            with progress.task(f"Taking {recipe.reference} from the kit", unit="steps"):
                _push(_read(where.kit, recipe, registry.session), recipe, registry)


def _holds(contents: Contents, recipe: Recipe) -> bool:
    return contents.images.get(recipe.reference) == recipe.digest()


@dataclass(frozen=True)
class _Image:
    """An image of a kit under this workshop's label. `layers`: digest and file of each."""

    reference: str
    media_type: str
    manifest: bytes
    config: bytes
    layers: tuple[tuple[str, Path], ...]


def _read(kit: Path, recipe: Recipe, name: str) -> _Image:
    """Read an image, and label it as this workshop's: by its label it is cleaned away."""
    tried = f"read {recipe.reference} from the kit"
    try:
        index = oci.parse_index((kit / "index.json").read_bytes())
        found = next(one for one in index if one.annotations.get(oci.NAME) == recipe.reference)
        data = json.loads((kit / oci.blob_name(found.digest)).read_bytes())
        config = json.loads((kit / oci.blob_name(data["config"]["digest"])).read_bytes())
        config["config"]["Labels"][WORKSHOP] = name
        document = json.dumps(config).encode()
        data["config"] |= {"digest": oci.sha256(document), "size": len(document)}
        digests = [layer["digest"] for layer in data["layers"]]
    except (OSError, ValueError, KeyError, TypeError, StopIteration, FormatError) as error:
        raise KitError(tried, "what was loaded is damaged", _AGAIN) from error
    layers = tuple((digest, kit / oci.blob_name(digest)) for digest in digests)
    return _Image(recipe.reference, found.media_type, json.dumps(data).encode(), document, layers)


def _load(image: _Image, env: Mapping[str, str]) -> None:
    """Give an image to the engine itself: the registry's, before there is a registry."""
    config = oci.blob_name(oci.sha256(image.config))
    layers = [oci.blob_name(digest) for digest, _ in image.layers]
    names = [{"Config": config, "RepoTags": [image.reference], "Layers": layers}]
    with temporary() as folder:
        file = folder / "image.tar"
        with tarfile.open(file, mode="w") as tar:
            for path, data in (("manifest.json", json.dumps(names).encode()), (config, image.config)):
                member = tarfile.TarInfo(path)
                member.size = len(data)
                tar.addfile(member, BytesIO(data))
            for digest, layer in image.layers:
                tar.add(layer, oci.blob_name(digest))
        command = ["docker", "load", "-q", "-i", str(file)]
        run(command, tried="give the registry's image to the engine", fix=_AGAIN, env=env, timeout=600)


def _push(image: _Image, recipe: Recipe, registry: ClassRegistry) -> None:
    """Store an image, with the distribution specification's push; blobs that are there stay."""
    tried = f"store {recipe.reference}"
    base = f"http://127.0.0.1:{registry.port}/v2/{recipe.repository}"
    with requests.Session() as http:
        http.trust_env = False  # a proxy must not be asked for an address of this machine
        try:
            for digest, path in image.layers:
                if http.head(f"{base}/blobs/{digest}", timeout=60).status_code != 200:
                    with path.open("rb") as stored:
                        _upload(http, base, digest, stored)
            with BytesIO(image.config) as document:
                _upload(http, base, oci.sha256(image.config), document)
            answer = http.put(
                f"{base}/manifests/{recipe.tag}",
                data=image.manifest,
                headers={"Content-Type": image.media_type},
                timeout=60,
            )
            answer.raise_for_status()
        except requests.RequestException as error:
            status = error.response.status_code if error.response is not None else None
            found = f"the class registry answers {status}" if status else "the class registry went away"
            raise RegistryError(
                tried, found, "Look for free disk space (docker system df), then repeat ./lab up."
            ) from error


def _upload(http: requests.Session, base: str, digest: str, blob: BinaryIO) -> None:
    begun = http.post(f"{base}/blobs/uploads/", timeout=60)
    begun.raise_for_status()
    place = urljoin(begun.url, begun.headers["Location"])
    mark = "&" if "?" in place else "?"
    headers = {"Content-Type": "application/octet-stream"}
    http.put(f"{place}{mark}digest={digest}", data=blob, headers=headers, timeout=600).raise_for_status()
