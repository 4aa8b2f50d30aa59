"""The rule for nginx in docs/publish-photos.md, in nginx: who saves data gets lighter files."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from plumbing.paths import ROOT

NGINX = os.environ.get("HALFSIZE_NGINX") or shutil.which("nginx")
FILES = {
    "photos/harbour-1.avif": b"usual",
    "frugal/photos/harbour-1.avif": b"light",
    "photos/a b/bäume-2.jpg": b"usual too",  # without a lighter one
}


def rules() -> list[str]:
    """The two blocks of the document: for `http`, and for `server`."""
    text = (ROOT / "docs" / "publish-photos.md").read_text(encoding="utf-8")
    return re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not NGINX:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    for name, content in FILES.items():
        file = folder / "root" / "media" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for_http, for_server = rules()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    user = "user root;" if os.getuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n{for_http}\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/root;\n{for_server}\n}} }}\n"
    )
    command = [NGINX, "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "error.log"]
    with subprocess.Popen(command) as server:
        try:
            yield f"http://127.0.0.1:{port}/media/"
        finally:
            server.terminate()


def got(address: str, *, saving: bool = False) -> tuple[bytes, str | None]:
    """What a server answers, and its `Vary`."""
    request = Request(address, headers={"Save-Data": "on"} if saving else {})
    for _ in range(50):
        try:
            with urlopen(request) as answer:
                return answer.read(), answer.headers["Vary"]
        except HTTPError:
            raise
        except URLError:  # it is starting
            time.sleep(0.1)
    raise AssertionError("nginx does not answer")


def test_a_lighter_file_is_sent_to_those_who_ask_for_it(address: str) -> None:
    harbour = f"{address}photos/harbour-1.avif"
    assert got(harbour) == (b"usual", "Save-Data")
    assert got(harbour, saving=True) == (b"light", "Save-Data")
    # What has no lighter file is sent to all.
    assert got(f"{address}photos/a%20b/b%C3%A4ume-2.jpg", saving=True)[0] == b"usual too"
    with pytest.raises(HTTPError, match="404"):
        got(f"{address}photos/none.avif", saving=True)
