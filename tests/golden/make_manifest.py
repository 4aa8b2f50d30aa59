"""Write the golden manifest, which the plug-ins of the npm package read in their tests.

python tests/golden/make_manifest.py
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from export.delivery.student import Student
from export.folder.form import COMPACT
from export.publish.choice import Choice, SentPhoto, Settings, Wanted
from export.publish.html import Snippets
from export.publish.manifest import Manifest, PublishedPhoto
from export.publish.plan import SitePhoto
from export.publish.totals import add_up_site
from export.publish.visit import weigh_students
from tests.made.published import choice_of, photo_of, sent_file

FILE = Path(__file__).with_name("manifest.json")
SETTINGS = Settings(target=60.0, margin=0.1, widths=(300, 450, "own"))
BASE_URL = "/media/"


def student(name: str, scale: Fraction) -> Student:
    """A student whose files are no more than its name."""
    return Student(
        name=name,
        scale=scale,
        margin_px=1,
        align_px=scale.denominator,
        gzip_bytes=100,
        card=b"{}",
        files=((COMPACT.file, name.encode()),),
    )


HALF, THIRDS = student("half", Fraction(2)), student("thirds", Fraction(3, 2))


def reduced(by: Student, digit: str, fallback: str, width: int) -> Choice:
    """A width that is sent reduced, with a fallback."""
    return choice_of(
        sent_file("AVIF", digit, scale=by.scale, bytes_=width),
        fallback=sent_file("JPEG", fallback, scale=by.scale, bytes_=3 * width),
        full_bytes=2 * width,
        students={by.sha256: width},
        width=width,
    )


def manifest() -> Manifest:
    """A site with one photo in three widths by two students, and one at full size."""
    harbour = photo_of(
        choice_of(sent_file("WEBP", "1", bytes_=300), full_bytes=300, form="full", width=300),
        reduced(THIRDS, "2", "3", 450),
        reduced(HALF, "4", "5", 600),
    )
    hero = photo_of(choice_of(sent_file("WEBP", "6"), form="full"))
    weighed = weigh_students(
        (HALF, THIRDS), (harbour, hero), photos_per_visit=1000, runtime_bytes=1000
    )
    snippets = Snippets(students=weighed.sent, base_url=BASE_URL)

    def photo(name: str, sent: SentPhoto, *, first: bool = False) -> PublishedPhoto:
        wanted = Wanted(settings=SETTINGS, first=first)
        own = SitePhoto(
            path=Path(name), name=name, sha256=64 * "f", bytes=5000, megapixels=0.2, wanted=wanted
        )
        return PublishedPhoto(photo=own, sent=sent, html=snippets.of(name, sent, wanted))

    return Manifest(
        settings=SETTINGS,
        weighed=weighed,
        totals=add_up_site(
            [harbour, hero], own_bytes=10_000, student_bytes=200, runtime_bytes=1000
        ),
        photos=[photo("harbour.jpg", harbour), photo("trip/hero & 1.jpg", hero, first=True)],
        errors={"torn.jpg": "torn.jpg: ends too soon"},
        notes={"film.mov": "is a film"},
        base_url=BASE_URL,
    )


if __name__ == "__main__":
    FILE.write_bytes(manifest().content)
