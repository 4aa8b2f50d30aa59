"""The npm packages, packed from the built page and installed as people install them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from plumbing.command import UserError
from plumbing.paths import WEB_DEMO

PACK = WEB_DEMO / "scripts" / "pack.mjs"


def pack(out: Path, *, only: str = "halfsize") -> Path:
    """Pack one of the npm packages from what `make web` built.

    Args:
        out: Folder for it, made if need be.
        only: Name of the package.

    Returns:
        The tarball.

    Raises:
        UserError: Something was not built.
    """
    printed = run_in(out.parent, ["node", str(PACK), "--out", str(out), "--only", only])
    return Path(printed.rsplit(" ", 2)[0])


def install(
    project: Path,
    *tarballs: Path,
    packages: Mapping[str, str] | None = None,
    offline: bool = False,
) -> None:
    """Install tarballs, and packages of the registry by exact versions, into a new project.

    Args:
        project: The project's folder; its package.json is written.
        *tarballs: Packed packages.
        packages: Versions by name.
        offline: Never ask the registry: the tarballs are all there is.

    Raises:
        UserError: npm fails.
    """
    described = {"private": True, "type": "module", "dependencies": dict(packages or {})}
    (project / "package.json").write_text(json.dumps(described), encoding="utf-8")
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
    run_in(project, [*command, *(["--offline"] if offline else []), *map(str, tarballs)])


def run_in(project: Path, command: list[str], **environment: str) -> str:
    """Run a command in a project, with more environment variables; give its standard output.

    Raises:
        UserError: It fails; the message has the end of its output.
    """
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
    return done.stdout
