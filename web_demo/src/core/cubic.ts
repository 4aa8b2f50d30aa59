/**
 * The weight that cubic interpolation gives a pixel `distance` away.
 *
 * Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981, a = -1/2.
 */
export function cubicWeight(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x <= 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}
