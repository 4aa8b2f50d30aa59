import type { Size } from './decide';

/** A box on the page, relative to the viewport. */
export type Box = { left: number; top: number; right: number; bottom: number };

/**
 * The index of the box whose picture is enlarged first: those in view in reading order, then the
 * nearest.
 *
 * @param view size of the viewport.
 * @param isRtl whether lines run from right to left.
 */
export function firstBox(boxes: readonly Box[], view: Size, isRtl = false): number {
  const away = ({ left, top, right, bottom }: Box) =>
    outside(top, bottom, view.height) + outside(left, right, view.width);
  let first = boxes[0];
  for (const box of boxes) {
    const nearer = first && (away(box) - away(first) || box.top - first.top);
    if (nearer && nearer < 0) first = box;
  }
  if (!first) return -1;
  // In the same row, though a little lower.
  const { top, bottom } = first;
  const isAway = away(first) > 0;
  for (const box of boxes) {
    const isInRow = box.top < (top + bottom) / 2 && box.bottom > top && away(box) > 0 === isAway;
    const isBefore = isRtl ? box.right > first.right : box.left < first.left;
    if (isInRow && isBefore) first = box;
  }
  return boxes.indexOf(first);
}

/** How far a span lies outside of 0 to `length`; 0 if a part of it is inside. */
function outside(start: number, end: number, length: number): number {
  if (end <= 0) return 1 - end;
  return start >= length ? 1 + start - length : 0;
}
