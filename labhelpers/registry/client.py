"""Reading from any registry, over the distribution specification's pull: tokens, manifests, blobs.

Nothing is uploaded, no credentials are used, and nothing is stored.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import requests

from labhelpers import oci
from labhelpers.errors import RegistryError
from labhelpers.reference import HUB, Reference

_ACCEPT = ", ".join((*oci.INDEX_TYPES, *oci.MANIFEST_TYPES))
_TIMEOUT = (10, 60)
_CHUNK = 1 << 20
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')


class RegistryClient:
    """One repository of one registry, read only. `limit`: the largest document that is read, in bytes.

    A registry on this machine is spoken to in plain HTTP, any other in HTTPS only, as engines do.
    """

    def __init__(self, reference: Reference, *, limit: int) -> None:
        self.reference = reference
        self._limit = limit
        host = "registry-1.docker.io" if reference.host == HUB else reference.host
        local = is_local(host)
        self._base = f"{'http' if local else 'https'}://{host}/v2/{reference.path}"
        self._session = requests.Session()
        self._session.trust_env = not local  # a proxy must not be asked for an address of this machine
        self._session.headers["User-Agent"] = "labhelpers"

    def manifest(self, which: str) -> tuple[bytes, str]:
        """A manifest or an index by its tag or digest, as stored, and its media type.

        `RegistryError` if not.
        """
        with self._get(f"manifests/{which}", accept=_ACCEPT) as answer:
            kind = answer.headers.get("Content-Type", "").partition(";")[0].strip()
            return self._small(answer), kind

    def document(self, digest: str) -> bytes:
        """A small blob. `RegistryError` if it is not there or too large."""
        with self._get(f"blobs/{digest}") as answer:
            return self._small(answer)

    def blob(self, digest: str) -> Iterator[bytes]:
        """A blob, in chunks as they arrive. The caller holds it against its digest."""
        with self._get(f"blobs/{digest}") as answer, self._errors(digest):
            yield from answer.raw.stream(_CHUNK, decode_content=False)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _small(self, answer: requests.Response) -> bytes:
        data = b""
        with self._errors("a document"):
            for chunk in answer.iter_content(1 << 16):
                data += chunk
                if len(data) > self._limit:
                    raise self._error(f"a document has more than {self._limit:,} bytes", "This is no image.")
        return data

    @contextmanager
    def _get(self, path: str, *, accept: str = "*/*") -> Iterator[requests.Response]:
        url = f"{self._base}/{path}"
        with self._errors(path):
            answer = self._session.get(url, headers={"Accept": accept}, stream=True, timeout=_TIMEOUT)
            if answer.status_code == 401:
                challenge = answer.headers.get("WWW-Authenticate", "")
                answer.close()
                self._session.headers["Authorization"] = f"Bearer {self._token(challenge)}"
                answer = self._session.get(url, headers={"Accept": accept}, stream=True, timeout=_TIMEOUT)
        try:
            if answer.status_code != 200:
                raise self._refused(answer.status_code)
            yield answer
        finally:
            answer.close()

    def _token(self, challenge: str) -> str:
        """A token to pull with, from where the registry says; given to anybody for public repositories."""
        scheme, _, rest = challenge.partition(" ")
        asked = dict(_CHALLENGE.findall(rest))
        realm = asked.pop("realm", "")
        where = urlsplit(realm)
        secure = where.scheme == "https" or (where.scheme == "http" and is_local(where.netloc))
        if scheme.lower() != "bearer" or not secure:
            raise self._refused(401)
        asked = {key: asked[key] for key in ("service", "scope") if key in asked}
        asked.setdefault("scope", f"repository:{self.reference.path}:pull")
        answer = self._session.get(realm, params=asked, timeout=_TIMEOUT)
        if answer.status_code != 200:
            raise self._refused(answer.status_code)
        found = answer.json()
        token = found.get("token") or found.get("access_token") if isinstance(found, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise self._refused(401)
        return token

    @contextmanager
    def _errors(self, what: str) -> Iterator[None]:
        try:
            yield
        except (requests.exceptions.RequestException, ValueError, OSError) as error:
            raise self._error(
                f"{what} did not come ({_reason(error)})", "Check the network, or try again."
            ) from error
        except Exception as error:
            if type(error).__module__.startswith("urllib3"):
                raise self._error(f"{what} did not come whole", "Check the network, or try again.") from error
            raise

    def _refused(self, status: int) -> RegistryError:
        why = {
            401: ("it asks for a login", "Pull it with docker, and look at it in the engine."),
            403: ("it does not allow that", "Pull it with docker, and look at it in the engine."),
            404: ("it has no such image", "Check the name and the tag."),
            429: (
                "too many pulls from this address",
                "Try again later, or log in with docker and pull there.",
            ),
        }
        found, fix = why.get(status, (f"it answers with status {status}", "Try again later."))
        return self._error(found, fix)

    def _error(self, found: str, fix: str) -> RegistryError:
        return RegistryError(f"read {self.reference.familiar} from {self.reference.host}", found, fix)


def _reason(error: BaseException) -> str:
    """What lies under the layers of libraries, in few words."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return getattr(error, "strerror", None) or type(error).__name__


def is_local(host: str) -> bool:
    """Whether a host (with or without a port) is this machine: localhost, 127.0.0.0/8, ::1."""
    name = host.rpartition(":")[0] if re.search(r":\d+$", host) else host
    name = name.strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
