"""How the sample page looks, and the script of its loupe."""

from __future__ import annotations

from export.delivery import seen_size

CSS = (
    seen_size.CSS
    + """
:root { color-scheme: light dark; --paper: #fdfdfc; --ink: #17171a; --quiet: #595961;
  --line: #d9d9d6; --soft: #f3f3f1; --bar: #85858c; --accent: #1f5fd6; }
@media (prefers-color-scheme: dark) { :root { --paper: #131315; --ink: #ededef; --quiet: #a5a5ae;
  --line: #343439; --soft: #1c1c1f; --bar: #7d7d86; --accent: #8db4ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 2rem clamp(1rem, 4vw, 3rem) 4rem;
  background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { margin: 0 0 1rem; font-size: 1.777rem; letter-spacing: -0.02em; line-height: 1.2; }
h2 { margin: 0 0 1rem; font-size: 1.125rem; overflow-wrap: anywhere; }
h2 small, figcaption, .bars .note { color: var(--quiet); font-size: 0.875rem; font-weight: 400; }
p { max-width: 46rem; margin: 0 0 0.75rem; }
section { margin-top: 3rem; padding-top: 2rem; border-top: 1px solid var(--line); }
.panes { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  gap: 1rem; border-radius: 0.5rem; }
.panes:focus-visible { outline: 3px solid var(--accent); outline-offset: 0.5rem; }
figure { margin: 0; width: min(100%, var(--seen)); }
.pane { overflow: hidden; border-radius: 0.5rem; background: var(--soft); cursor: zoom-in;
  touch-action: pan-y; }
.pane img { display: block; width: 100%; height: auto;
  transform-origin: var(--x, 50%) var(--y, 50%); }
.looking .pane { cursor: crosshair; touch-action: none; }
.looking .pane img { transform: scale(4); }
figcaption { margin-top: 0.4rem; }
figcaption b { display: block; color: var(--ink); font-weight: 600; }
.bars { display: grid; grid-template-columns: max-content minmax(3rem, 1fr) max-content max-content;
  gap: 0.25rem 1rem; align-items: center; max-width: 46rem; margin: 1.25rem 0 0; }
.bars div { display: contents; }
.bars dt, .bars dd { margin: 0; }
.bars .bytes { text-align: right; }
.bars .bar { height: 0.75rem; }
.bars .bar::before { content: ""; display: block; width: var(--share); min-width: 2px; height: 100%;
  border-radius: 0.25rem; background: var(--bar); }
.bars .sent .bar::before { background: var(--accent); }
.bars .sent dt { font-weight: 600; }
.widths { overflow-x: auto; margin-top: 1.25rem; }
.widths table { border-collapse: collapse; font-size: 0.875rem; }
.widths :is(th, td) { padding: 0.25rem 1.5rem 0.25rem 0; text-align: left; white-space: nowrap; }
.widths thead th { color: var(--quiet); font-weight: 400; }
@media (max-width: 40rem) {
  .bars { display: block; }
  .bars div { display: grid; grid-template-columns: minmax(0, 1fr) max-content; gap: 0 1rem;
    margin-bottom: 0.75rem; }
  .bars .bytes { grid-area: 1 / 2; }
  .bars :is(.bar, .note) { grid-column: 1 / -1; }
}
"""
)
"""The style sheet."""

SCRIPT = """
// A loupe over all pictures of a photo at once: point at one, tap it, or press Enter.
for (const panes of document.querySelectorAll('.panes')) {
  const at = { x: 50, y: 50 };
  const look = (isLooking) => panes.classList.toggle('looking', isLooking);
  const move = (x, y) => {
    at.x = Math.min(100, Math.max(0, x));
    at.y = Math.min(100, Math.max(0, y));
    panes.style.setProperty('--x', at.x + '%');
    panes.style.setProperty('--y', at.y + '%');
  };
  const follow = (event) => {
    const pane = event.target.closest('.pane');
    if (!pane) return;
    const { left, top, width, height } = pane.getBoundingClientRect();
    move((100 * (event.clientX - left)) / width, (100 * (event.clientY - top)) / height);
  };
  panes.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'mouse') look(Boolean(event.target.closest('.pane')));
    follow(event);
  });
  panes.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse') look(false);
  });
  panes.addEventListener('click', (event) => {
    if (event.pointerType === 'mouse' || !event.target.closest('.pane')) return;
    follow(event);
    look(!panes.classList.contains('looking'));
  });
  panes.addEventListener('keydown', (event) => {
    const steps = { ArrowLeft: [-5, 0], ArrowRight: [5, 0], ArrowUp: [0, -5], ArrowDown: [0, 5] };
    const step = steps[event.key];
    const isLooking = panes.classList.contains('looking');
    if (event.key === 'Enter' || event.key === ' ') look(!isLooking);
    else if (event.key === 'Escape') look(false);
    else if (isLooking && step) move(at.x + step[0], at.y + step[1]);
    else return;
    event.preventDefault();
  });
}
"""
"""A classic script, within the page: it works from disk."""
