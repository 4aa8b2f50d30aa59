const SIGMA_PX = 1.5;
const RADIUS_PX = 5;

/** Weights from the centre outwards; both sides together sum to 1. */
const KERNEL = (() => {
  const side = Array.from({ length: RADIUS_PX + 1 }, (_, distance) =>
    Math.exp(-0.5 * (distance / SIGMA_PX) ** 2),
  );
  const whole = 2 * side.reduce((sum, weight) => sum + weight) - (side[0] as number);
  return side.map((weight) => weight / whole);
})();
const [K0, K1, K2, K3, K4, K5] = KERNEL as [number, number, number, number, number, number];

/**
 * The 11 x 11 blur of SSIMULACRA2: outside the plane there are zeros on the left and right, and the
 * mirrored plane at the top and bottom, as in `pixels/quality/gaussian.py`.
 */
export class GaussianBlur {
  #tall = new Float32Array(0);
  #row = new Float64Array(0);

  /** Blur a plane of `width` x `height` values. */
  of(plane: Float32Array, width: number, height: number): Float32Array {
    if (this.#tall.length < plane.length) this.#tall = new Float32Array(plane.length);
    if (this.#row.length !== width + 2 * RADIUS_PX) {
      this.#row = new Float64Array(width + 2 * RADIUS_PX);
    }
    downwards(plane, width, height, this.#tall);
    return this.#across(width, height);
  }

  #across(width: number, height: number): Float32Array {
    const [tall, row] = [this.#tall, this.#row];
    const result = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const start = y * width;
      row.set(tall.subarray(start, start + width), RADIUS_PX);
      for (let x = 0; x < width; x++) {
        result[start + x] =
          K0 * (row[x + 5] as number) +
          K1 * ((row[x + 4] as number) + (row[x + 6] as number)) +
          K2 * ((row[x + 3] as number) + (row[x + 7] as number)) +
          K3 * ((row[x + 2] as number) + (row[x + 8] as number)) +
          K4 * ((row[x + 1] as number) + (row[x + 9] as number)) +
          K5 * ((row[x] as number) + (row[x + 10] as number));
      }
    }
    return result;
  }
}

function downwards(plane: Float32Array, width: number, height: number, to: Float32Array): void {
  const rowAt = (y: number) => {
    const inside = y < 0 ? -1 - y : y >= height ? 2 * height - 1 - y : y;
    return inside * width;
  };
  for (let y = 0; y < height; y++) {
    const [a5, a4, a3, a2, a1] = [
      rowAt(y - 5),
      rowAt(y - 4),
      rowAt(y - 3),
      rowAt(y - 2),
      rowAt(y - 1),
    ];
    const [b1, b2, b3, b4, b5] = [
      rowAt(y + 1),
      rowAt(y + 2),
      rowAt(y + 3),
      rowAt(y + 4),
      rowAt(y + 5),
    ];
    const start = y * width;
    for (let x = 0; x < width; x++) {
      to[start + x] =
        K0 * (plane[start + x] as number) +
        K1 * ((plane[a1 + x] as number) + (plane[b1 + x] as number)) +
        K2 * ((plane[a2 + x] as number) + (plane[b2 + x] as number)) +
        K3 * ((plane[a3 + x] as number) + (plane[b3 + x] as number)) +
        K4 * ((plane[a4 + x] as number) + (plane[b4 + x] as number)) +
        K5 * ((plane[a5 + x] as number) + (plane[b5 + x] as number));
    }
  }
}
