"""Build and open the Next.js project of docs/use-on-a-site.md. This is `make integration`.

Next.js is installed from the network, into a folder that is deleted afterwards: too slow for every
run of the tests, which do the same for plain HTML and Vite.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page
from rich.console import Console
from skimage import data

from export.check.browser import open_browser
from plumbing.command import UserError, run_command
from plumbing.paths import WEB_DEMO
from tools.listings import write_named

_PACKAGES = {
    "next": "16.4.6",
    "react": "19.3.1",
    "react-dom": "19.3.1",
    "typescript": "5.9.3",
    "@types/node": "20.19.43",
    "@types/react": "19.3.0",
}
_STARTS_WITHIN_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class IntegrationConfig:
    """Settings of `python -m tools.integration`."""

    model: Path = WEB_DEMO / "models" / "demo"
    """Export folder to put on the page."""
    dist: Path = WEB_DEMO / "dist"
    """The built library."""


def main(config: IntegrationConfig) -> None:
    """Run the command."""
    for path in (config.model / "halfsize.json", config.dist / "halfsize.js"):
        if not path.is_file():
            raise UserError(f"{path} is missing: run `make demo` first")
    with tempfile.TemporaryDirectory() as temporary:
        project = Path(temporary)
        _write(project, config)
        for command in (["npm", "install", "--no-audit", "--no-fund"], ["npx", "next", "build"]):
            run_in(project, command, NEXT_TELEMETRY_DISABLED="1")
        with _server(project) as address, open_browser() as browser:
            page = browser.new_page()
            page.goto(address)
            require_upscaled(page, "Next.js")
    Console().print(f"Next.js {_PACKAGES['next']} builds, serves and upscales", highlight=False)


def _write(project: Path, config: IntegrationConfig) -> None:
    names = write_named("Next.js", project)
    if names != ["app/layout.tsx", "app/page.tsx", "types.d.ts"]:
        raise UserError(f"docs/use-on-a-site.md names other files than expected: {names}")
    # The element must work however slow this machine is.
    page = project / "app" / "page.tsx"
    page.write_text(page.read_text().replace("<half-size ", "<half-size always "))
    package = {"private": True, "dependencies": _PACKAGES}
    (project / "package.json").write_text(json.dumps(package))
    public = project / "public"
    shutil.copytree(config.dist, public / "halfsize")
    shutil.copytree(config.model, public / "models" / "nano")
    Image.fromarray(data.chelsea()[:60, :90]).save(public / "photo-half.webp")


def run_in(project: Path, command: list[str], **environment: str) -> None:
    """Run a command in a project, with more environment variables; show its output if it fails."""
    Console().print(f"[dim]$[/dim] {' '.join(command)}", highlight=False)
    done = subprocess.run(
        command,
        cwd=project,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UserError(
            f"`{' '.join(command)}` failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )


@contextmanager
def _server(project: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    next_ = project / "node_modules" / "next" / "dist" / "bin" / "next"
    command = ["node", next_, "start", "--port", str(port), "--hostname", "127.0.0.1"]
    server = subprocess.Popen(command, cwd=project, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + _STARTS_WITHIN_SECONDS
        while not _answers(address):
            if server.poll() is not None or time.monotonic() > until:
                raise UserError("the server of Next.js does not start")
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=30).close()
    except (urllib.error.URLError, ConnectionError):
        return False
    return True


def require_upscaled(page: Page, whose: str) -> None:
    """Require that the first element of a page enlarges its picture."""
    page.wait_for_function(
        "['upscaled', 'error', 'skipped'].includes("
        "document.querySelector('half-size')?.getAttribute('state'))",
        timeout=120_000,
    )
    state = page.locator("half-size").get_attribute("state")
    if state != "upscaled":
        raise UserError(f"on the page of {whose} the element ends as {state}")


if __name__ == "__main__":
    run_command(IntegrationConfig, main)
