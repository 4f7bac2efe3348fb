"""What a registry on this machine answers when it is asked: repositories, tags, manifests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import requests

from labhelpers import oci
from labhelpers.errors import FormatError, RegistryError
from labhelpers.oci import Descriptor

ACCEPT = ", ".join((*oci.MANIFEST_TYPES, *oci.INDEX_TYPES))
Login = tuple[str, str]  # a name and a password
_CONNECT, _ANSWER = 10.0, 60.0  # seconds; a busy machine's disk may take some for a small blob


class Stored(NamedTuple):
    """One image as its registry holds it. `digest`, `size`: of the manifest; `layers`: base first."""

    digest: str
    size: int
    config: Descriptor
    layers: tuple[Descriptor, ...]

    @property
    def blobs(self) -> dict[str, int]:
        """The size of each blob that the image is made of, by digest: its configuration and its layers."""
        return {blob.digest: blob.size for blob in (self.config, *self.layers)}


class RegistryApi:
    """A registry at a port of this machine. `login`: asked for a name and a password at each call."""

    def __init__(self, port: int, *, fix: str, login: Callable[[], Login | None] = lambda: None) -> None:
        self.port = port
        self._fix = fix
        self._login = login

    @property
    def address(self) -> str:
        """The registry part of an image's name."""
        return f"localhost:{self.port}"

    def get(self, path: str, *, timeout: float | None = None) -> requests.Response:
        """Ask. `timeout` in seconds. `requests.RequestException` where nobody answers."""
        return self._request("GET", path, timeout)

    def _request(self, method: str, path: str, timeout: float | None = None) -> requests.Response:
        with requests.Session() as session:
            # A proxy of the machine's must not be asked for an address of the machine's.
            session.trust_env = False
            session.headers["User-Agent"] = "labhelpers"
            url = f"http://127.0.0.1:{self.port}{path}"
            accept = {"Accept": ACCEPT}
            patience = timeout or (_CONNECT, _ANSWER)
            return session.request(method, url, headers=accept, auth=self._login(), timeout=patience)

    def answers(self) -> bool:
        """Whether a registry answers, be it that it wants a password."""
        try:
            return self.get("/v2/", timeout=2).status_code in (200, 401)
        except requests.RequestException:
            return False

    def repositories(self) -> list[str]:
        """The repositories that have a tag, sorted."""
        names = self._json("list the repositories", "/v2/_catalog?n=1000").get("repositories") or []
        return sorted(name for name in names if self.tags(name))

    def tags(self, repository: str) -> list[str]:
        """The tags of a repository, sorted; none where there is no such repository."""
        found = self._json(f"list the tags of {repository}", f"/v2/{repository}/tags/list", missing={})
        return sorted(found.get("tags") or [])

    def image(self, repository: str, which: str) -> Stored | None:
        """The image of a tag or digest, or None where there is none. RegistryError for what is no image."""
        tried = f"read {repository}:{which}"
        answer = self._ask(tried, f"/v2/{repository}/manifests/{which}")
        if answer is None:
            return None
        try:
            manifest = oci.parse_manifest(answer.content)
        except FormatError as error:
            raise self.error(
                tried, str(error), error.fix or "Look at it with docker buildx imagetools."
            ) from error
        return Stored(oci.sha256(answer.content), len(answer.content), manifest.config, manifest.layers)

    def remove(self, repository: str, tag: str) -> bool:
        """Remove the manifest that a tag means, and so all tags that mean the same. False: there is none."""
        tried = f"remove {repository}:{tag}"
        path = f"/v2/{repository}/manifests/"
        there = self._ask(tried, path + tag)
        return there is not None and bool(self._ask(tried, path + oci.sha256(there.content), "DELETE"))

    def document(self, repository: str, digest: str) -> dict[str, Any]:
        """A small blob that holds JSON, as a configuration does."""
        return self._json(f"read {digest[:19]}… of {repository}", f"/v2/{repository}/blobs/{digest}")

    def error(self, tried: str, found: str, fix: str = "") -> RegistryError:
        """An error that names this registry."""
        return RegistryError(f"{tried} at {self.address}", found, fix or self._fix)

    def _ask(self, tried: str, path: str, method: str = "GET") -> requests.Response | None:
        """The answer, or None for "not found". RegistryError for anything else."""
        try:
            answer = self._request(method, path)
        except requests.ReadTimeout as error:
            found = f"it has not answered for {_ANSWER:g} seconds"
            raise self.error(tried, found, "The machine is busy: wait a little, and repeat.") from error
        except requests.RequestException as error:
            raise self.error(tried, "no registry answers there") from error
        if answer.status_code == 404:
            return None
        if answer.status_code == 401:
            raise self.error(tried, "it asks for a login", f"Log in first: docker login {self.address}")
        if not answer.ok:
            raise self.error(tried, f"it answers with status {answer.status_code}", "Look at its log.")
        return answer

    def _json(self, tried: str, path: str, *, missing: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._ask(tried, path)
        if answer is None:
            if missing is None:
                raise self.error(tried, "it has no such thing", "Look at its repositories and tags.")
            return missing
        try:
            found = answer.json()
        except (ValueError, json.JSONDecodeError) as error:
            raise self.error(tried, "what answers there is no registry") from error
        if not isinstance(found, dict):
            raise self.error(tried, "what answers there is no registry")
        return found
