/** How many times as wide and as high a model makes a picture: blocks of `down` pixels become blocks of `up`. */
export type Scale = { up: number; down: number };

export type Size = { width: number; height: number };

/** The scales that are no whole numbers, as a card has them. */
export const FRACTIONS: unknown[] = ['3/2', '4/3'];

/** A scale from how a card has it: `2`, or `"3/2"`. */
export function scaleOf(written: number | string): Scale {
  const [up, down = 1] = String(written).split('/').map(Number) as [number, number?];
  return { up, down };
}

/** The length of an enlarged side, and where pixel `at`, a multiple of `down`, begins in the result. */
export function enlarged(at: number, { up, down }: Scale): number {
  return Math.ceil((at * up) / down);
}

export function enlargedSize({ width, height }: Size, scale: Scale): Size {
  return { width: enlarged(width, scale), height: enlarged(height, scale) };
}

/**
 * Whether a size is that of a photo whose reduced picture is `small`: such pictures were padded to whole
 * blocks, so that enlarged they have up to `up - 1` pixels more.
 */
export function isOfPhoto({ width, height }: Size, small: Size, scale: Scale): boolean {
  const whole = enlargedSize(small, scale);
  const fits = (more: number) => Number.isInteger(more) && more >= 0 && more < scale.up;
  return fits(whole.width - width) && fits(whole.height - height);
}

/** A side in whole blocks, as networks take it: what is missing repeats the edge. */
export function padded(length: number, { down }: Scale): number {
  return down * Math.ceil(length / down);
}
