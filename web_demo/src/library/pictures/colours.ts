/**
 * Whether a Display P3 colour, in bytes, is more than rounding outside sRGB.
 *
 * Source: CSS Color 4, the matrices between linear Display P3 and linear sRGB; rows add up to 1.
 */
export function isOutsideSrgb(red = 0, green = 0, blue = 0): boolean {
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const converted = [
    r + 0.2249403 * (r - g),
    g + 0.042057 * (g - r),
    b + 0.0196376 * (b - r) + 0.0786361 * (b - g),
  ];
  return converted.some((value) => value < -0.004 || value > 1.01);
}

function linear(byte: number): number {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}
