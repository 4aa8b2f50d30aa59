"""Publish a folder of photos: the smallest file of each that looks right, and the HTML for it.

For every photo, the command looks for the smallest file that reaches the target SSIMULACRA2 score
as the reader sees it: over codecs and encoder qualities, at full size and at half size restored by
the student. Half size is sent only if it reaches the target and is smaller by more than `--margin`.

The command can be interrupted and repeated, also with more photos: it only does what is new.
Exit status: 0 the photos are published (with --strict all of them, otherwise with a warning of
those that could not be); 1 none could be, or the run failed; 2 wrong usage; 130 interrupted with
Ctrl-C. docs/publish-photos.md has recipes for
site generators.
"""

from __future__ import annotations

import sys

from export.publish.config import PublishConfig
from export.publish.publication import Publication
from export.publish.report import report_plan, report_published
from export.publish.settings.merge import fields_of, with_tables, words_with_file
from plumbing.command import continuing, run_command


def main(config: PublishConfig) -> None:
    """Run the command."""
    config = with_tables(config, said=fields_of(sys.argv[1:]))
    with Publication.planned(config) as publication:
        if config.dry_run:
            publication.measure()
            report_plan(publication)
        else:
            with continuing():
                publication.run()
            publication.write()
            report_published(publication)
    publication.require_all()


if __name__ == "__main__":
    run_command(PublishConfig, main, words=words_with_file)
