/**
 * One window along one axis: it reads `[readStart_, readEnd_)` of the picture and the result keeps
 * `[keepStart_, keepEnd_)`. All four are pixels of the small picture.
 */
export type Span = { readStart_: number; readEnd_: number; keepStart_: number; keepEnd_: number };

/**
 * Cut `length` pixels into windows whose kept parts cover every pixel exactly once.
 *
 * A picture no longer than one tile is read whole. Otherwise every window reads exactly `tile`
 * pixels, so that a GPU compiles its programs for one size only; the last is shifted back to end
 * with the picture. Inside the picture `margin` pixels on either side of what is kept are read and
 * thrown away; at the picture's own border there is no margin, because there the network's zero
 * padding is what it would see in the whole picture as well.
 *
 * A network that cuts windows of its own gives the same pixels only where they lie as in the whole:
 * then ours start at multiples of `align`, and the last may be up to `align - 1` pixels shorter.
 *
 * `pixels/tiling.py` follows the same rule; tests/golden/tiling.json holds both to it.
 *
 * With `from`, the windows keep only what lies from there on: the windows before it may have another
 * size.
 */
export function planSpans(
  length: number,
  tile: number,
  margin: number,
  align = 1,
  from = 0,
): Span[] {
  const isWhole = [length, tile, margin, align].every(Number.isInteger);
  const fits = length > 0 && margin >= 0 && align > 0 && tile > 2 * margin;
  if (!isWhole || !fits || tile % align !== 0 || margin % align !== 0) {
    throw new RangeError(
      `${length} px cannot be cut into tiles of ${tile} px with margins of ${margin}, aligned to ${align}`,
    );
  }
  const last = Math.max(0, Math.ceil((length - tile) / align) * align);
  const spans: Span[] = [];
  for (let keepStart_ = from; keepStart_ < length; ) {
    const readStart_ = Math.min(Math.max(keepStart_ - margin, 0), last);
    const readEnd_ = Math.min(readStart_ + tile, length);
    const keepEnd_ = readEnd_ === length ? length : readEnd_ - margin;
    spans.push({ readStart_, readEnd_, keepStart_, keepEnd_ });
    keepStart_ = keepEnd_;
  }
  return spans;
}

/** A tile may be this many times as large as requested if that saves windows. */
const STRETCH = 1.25;

/** GPUs compile programs for every size: let pictures of about one size share them. */
const STEP_PX = 16;

/**
 * The side of the windows that cut `length` pixels most evenly: about `tile`, but without a last
 * window that reads most of the one before it again.
 */
export function fitTile(length: number, tile: number, margin: number): number {
  const most = Math.floor(tile * STRETCH);
  if (length <= most) return Math.max(length, tile);
  const windows = Math.ceil((length - 2 * margin) / (most - 2 * margin));
  const even = Math.ceil((length - 2 * margin) / windows) + 2 * margin;
  return Math.min(most, STEP_PX * Math.ceil(even / STEP_PX));
}
