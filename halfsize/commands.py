"""The toolkit's commands: names, modules, and one line about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One command of the toolkit."""

    name: str
    """As in `halfsize NAME`."""
    module: str
    """As in `python -m MODULE`."""
    about: str
    """What it does, in under 60 characters."""
    formerly: str = ""
    """An earlier name, which goes on working."""
    needs: str = ""
    """The module without which it does nothing, one of `plumbing.extras.EXTRAS`."""


GROUPS = {
    "Publish": (
        Command("publish", "export.publish", "Shrink a folder of photos and write the HTML for it"),
    ),
    "Upscale": (
        Command("upscale", "teacher.upscale", "Enlarge pictures and animations with a network"),
    ),
    "Train": (
        Command("prepare", "teacher.prepare", "Select photos and store them for training"),
        Command("train", "teacher.train", "Train a teacher, the large network", needs="torch"),
        Command(
            "search teacher",
            "teacher.search",
            "Search the 2015 network's hyperparameters",
            formerly="search-teacher",
            needs="optuna",
        ),
        Command("samples", "pixels.samples", "Write ten sample photos", needs="skimage"),
        Command("crops", "pixels.crops", "Time how fast a store delivers training crops"),
    ),
    "Distil": (
        Command(
            "distill", "distill.run", "Distil a student from a teacher, or tune one", needs="torch"
        ),
        Command(
            "reducer",
            "distill.reducing",
            "Train what makes photos smaller for a student",
            needs="torch",
        ),
        Command(
            "students",
            "distill.students",
            "List the students with their sizes and costs",
            needs="torch",
        ),
        Command(
            "compare", "distill.compare", "Measure what a teacher adds to a student", needs="torch"
        ),
        Command(
            "frontier",
            "distill.frontier",
            "Plot quality against cost for several students",
            needs="torch",
        ),
        Command(
            "search student",
            "distill.search",
            "Search a student's hyperparameters",
            formerly="search-student",
            needs="optuna",
        ),
    ),
    "Export": (
        Command(
            "export onnx", "export.onnx", "Export a network to ONNX", formerly="onnx", needs="onnx"
        ),
        Command(
            "export tfjs",
            "export.tfjs",
            "Export a network to TensorFlow.js",
            formerly="tfjs",
            needs="onnxruntime",
        ),
        Command(
            "export compact",
            "export.compact",
            "Export a student for the compact runtime",
            formerly="compact",
            needs="onnxruntime",
        ),
        Command("verify", "export.verify", "Check an export folder that someone else made"),
        Command(
            "install-browser",
            "export.install_browser",
            "Find or install Chromium for checks",
            needs="playwright",
        ),
    ),
    "Measure": (
        Command("evaluate", "teacher.evaluate", "Measure the quality of networks on photos"),
        Command(
            "report",
            "export.bandwidth",
            "Report the bytes that a site would save",
            formerly="bandwidth",
        ),
    ),
    "Maintain": (
        Command("demo", "export.demo", "Run the whole chain on sample photos", needs="torch"),
        Command(
            "matrix",
            "export.matrix",
            "Export networks in every form and precision",
            needs="onnxruntime",
        ),
        Command(
            "release",
            "export.release",
            "Train and write the released networks",
            needs="onnxruntime",
        ),
    ),
}
"""All commands, grouped by purpose."""

COMMANDS = {command.name: command for group in GROUPS.values() for command in group}
"""All commands by name."""


def find_command(words: Sequence[str]) -> tuple[Command | None, list[str]]:
    """Find the command that a command line begins with.

    Args:
        words: One or two words that name it, then its arguments.

    Returns:
        The command, or None if there is none of that name; and its arguments.
    """
    for count in (2, 1):
        name = " ".join(words[:count])
        for command in COMMANDS.values():
            if name in (command.name, command.formerly) and len(words) >= count:
                return command, [*words[count:]]
    return None, [*words]
