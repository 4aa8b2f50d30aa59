from __future__ import annotations

from export.publish.html import sample_page, snippet
from tests.made.published import choice_of, sent_file


def test_the_snippet_for_browsers_without_avif() -> None:
    choice = choice_of(
        sent_file("AVIF", "a", half=True), fallback=sent_file("JPEG", "b", half=True)
    )
    assert snippet('a/"Bäume" & 1.png', choice, base_url="https://x.org/") == (
        '<half-size><picture><source type="image/avif" '
        'srcset="https://x.org/photos/a/b%C3%A4ume-1-aaaaaaaaaa.avif">'
        '<img src="https://x.org/photos/a/b%C3%A4ume-1-bbbbbbbbbb.jpg" width="600" height="400" '
        'alt="{alt}" loading="lazy" decoding="async"></picture></half-size>'
    )


def test_names_cannot_break_the_sample_page() -> None:
    page = sample_page(
        [("</p>.png", choice_of(sent_file(half=True)))],
        lambda _: b"file",
        model="</script>",
        summary="1 < 2",
    )
    assert "&lt;/p&gt;.png" in page
    assert "1 &lt; 2" in page
    assert page.count("</script>") == 3
    assert 'src="data:image/avif;base64,ZmlsZQ=="' in page
