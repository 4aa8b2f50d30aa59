import { GaussianBlur } from './blur';
import { WEIGHTS } from './weights';

/** A picture as a canvas gives it: RGBA bytes in sRGB, row by row. Alpha is passed over. */
export type Pixels = { data: Uint8ClampedArray; width: number; height: number };

/** A picture at one scale: X, Y and B, each shifted to be positive. */
type Planes = { width: number; height: number; planes: Float32Array[] };

/** One channel of the original at one scale. */
type Prepared = {
  plane: Float32Array;
  mean: Float32Array;
  /** Undefined if the SSIM terms have no weight. */
  variance: Float32Array | undefined;
};

const SCALES = 6;
/** Scales with a shorter side are skipped. */
const SMALLEST_PX = 8;

/** Weights of a channel at a scale. */
const TERMS = 6;

const C2 = 0.0009;
const BIAS = 0.0037930732552754493;
const BIAS_ROOT = Math.cbrt(BIAS);

const LINEAR = Float32Array.from({ length: 256 }, (_, byte) => {
  const value = byte / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/**
 * An original, prepared once to score many pictures against it: how alike two pictures look to people.
 *
 * Gives the scores of `pixels/quality/ssimulacra2.py`: SSIM and two edge terms on XYB at six scales,
 * each as a mean and a 4-norm over the picture. Takes about 50 bytes per pixel.
 *
 * Source: Jon Sneyers, "SSIMULACRA 2", Cloudinary, 2022 (https://github.com/cloudinary/ssimulacra2).
 */
export class Reference {
  readonly #width: number;
  readonly #height: number;
  readonly #scales: Planes[];
  readonly #blur = new GaussianBlur();
  /** By channel and scale; undefined where nothing has weight. */
  readonly #prepared: (Prepared | undefined)[];

  constructor(original: Pixels) {
    this.#width = original.width;
    this.#height = original.height;
    this.#scales = pyramid(original);
    this.#prepared = Array.from({ length: 3 * this.#scales.length }, (_, at) => this.#prepare(at));
  }

  /**
   * Score a picture of the same size.
   *
   * @returns at most 100, for equal pictures. At 90 differences are hardly visible; 70 is good, 50
   *   fair, and very different pictures are below 0.
   * @throws RangeError if the sizes differ.
   */
  score(picture: Pixels): number {
    if (picture.width !== this.#width || picture.height !== this.#height) {
      throw new RangeError(
        `sizes differ: ${picture.width} x ${picture.height} and ${this.#width} x ${this.#height}`,
      );
    }
    let total = 0;
    for (const [scale, { planes }] of pyramid(picture).entries()) {
      for (const [channel, plane] of planes.entries()) {
        total += this.#difference(channel * this.#scales.length + scale, plane);
      }
    }
    return onScale(total);
  }

  #prepare(at: number): Prepared | undefined {
    const weights = weightsOf(at);
    if (!weights.some(Boolean)) return undefined;
    const [scale, channel] = [at % this.#scales.length, Math.floor(at / this.#scales.length)];
    const { width, height, planes } = this.#scales[scale] as Planes;
    const plane = planes[channel] as Float32Array;
    const mean = this.#blur.of(plane, width, height);
    if (!countsSsim(weights)) return { plane, mean, variance: undefined };
    const variance = this.#blur.of(product(plane, plane), width, height);
    for (let i = 0; i < variance.length; i++) {
      variance[i] = (variance[i] as number) - (mean[i] as number) ** 2;
    }
    return { plane, mean, variance };
  }

  /** The weighted difference of one channel at one scale. */
  #difference(at: number, plane: Float32Array): number {
    const original = this.#prepared[at];
    if (!original) return 0;
    const { width, height } = this.#scales[at % this.#scales.length] as Planes;
    const mean = this.#blur.of(plane, width, height);
    const ssim = new Norms();
    if (original.variance) {
      const squares = this.#blur.of(product(plane, plane), width, height);
      const products = this.#blur.of(product(original.plane, plane), width, height);
      addSsim(ssim, original as Required<Prepared>, mean, squares, products);
    }
    const [artefacts, lost] = edges(original, plane, mean);
    const norms = [ssim, artefacts, lost];
    const weights = weightsOf(at);
    const count = plane.length;
    return norms.reduce(
      (sum, norm, term) =>
        sum +
        (weights[term] as number) * (norm.sum / count) +
        (weights[term + 3] as number) * (norm.fourths / count) ** 0.25,
      0,
    );
  }
}

/** Sums of an error and of its fourth power over a picture. */
class Norms {
  sum = 0;
  fourths = 0;
}

function weightsOf(at: number): readonly number[] {
  return WEIGHTS.slice(at * TERMS, (at + 1) * TERMS);
}

function countsSsim(weights: readonly number[]): boolean {
  return weights[0] !== 0 || weights[3] !== 0;
}

/** Map the weighted differences to the scale of people's ratings. */
function onScale(difference: number): number {
  const x = difference * 0.9562382616834844;
  const y = 2.326765642916932 * x - 0.020884521182843837 * x ** 2 + 6.248496625763138e-5 * x ** 3;
  return y > 0 ? 100 - 10 * y ** 0.6276336467831387 : 100;
}

function addSsim(
  norms: Norms,
  original: Prepared,
  mean: Float32Array,
  squares: Float32Array,
  products: Float32Array,
): void {
  const { mean: mean1, variance: variance1 } = original as Prepared & { variance: Float32Array };
  let [sum, fourths] = [0, 0];
  for (let i = 0; i < mean.length; i++) {
    const [m1, m2] = [mean1[i] as number, mean[i] as number];
    const covariance = (products[i] as number) - m1 * m2;
    const variances = (squares[i] as number) - m2 * m2 + (variance1[i] as number);
    const likeness = ((1 - (m1 - m2) ** 2) * (2 * covariance + C2)) / (variances + C2);
    const error = Math.max(1 - likeness, 0);
    sum += error;
    fourths += (error * error) ** 2;
  }
  norms.sum = sum;
  norms.fourths = fourths;
}

/** Artefacts are edges that the original has not; lost detail is the reverse. */
function edges(original: Prepared, plane: Float32Array, mean: Float32Array): [Norms, Norms] {
  const { plane: plane1, mean: mean1 } = original;
  const [artefacts, lost] = [new Norms(), new Norms()];
  for (let i = 0; i < plane.length; i++) {
    const edge = 1 + Math.abs((plane[i] as number) - (mean[i] as number));
    const difference = edge / (1 + Math.abs((plane1[i] as number) - (mean1[i] as number))) - 1;
    const norms = difference > 0 ? artefacts : lost;
    norms.sum += Math.abs(difference);
    norms.fourths += (difference * difference) ** 2;
  }
  return [artefacts, lost];
}

function product(a: Float32Array, b: Float32Array): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < a.length; i++) result[i] = (a[i] as number) * (b[i] as number);
  return result;
}

/** A picture in XYB at each scale; halved in linear light. */
function pyramid({ data, width, height }: Pixels): Planes[] {
  let linear: Planes = {
    width,
    height,
    planes: [0, 1, 2].map((channel) => {
      const plane = new Float32Array(width * height);
      for (let i = 0; i < plane.length; i++) {
        plane[i] = LINEAR[data[4 * i + channel] as number] as number;
      }
      return plane;
    }),
  };
  const scales: Planes[] = [];
  while (scales.length < SCALES && Math.min(linear.width, linear.height) >= SMALLEST_PX) {
    scales.push({ ...linear, planes: colours(linear.planes) });
    linear = halved(linear);
  }
  return scales;
}

/** Convert linear RGB to XYB. */
function colours([red, green, blue]: Float32Array[]): Float32Array[] {
  const length = red?.length ?? 0;
  const planes = [0, 1, 2].map(() => new Float32Array(length));
  const [toX, toY, toB] = planes as [Float32Array, Float32Array, Float32Array];
  for (let i = 0; i < length; i++) {
    const [r, g, b] = [red?.[i] as number, green?.[i] as number, blue?.[i] as number];
    const long = Math.cbrt(0.3 * r + 0.622 * g + 0.078 * b + BIAS) - BIAS_ROOT;
    const middle = Math.cbrt(0.23 * r + 0.692 * g + 0.078 * b + BIAS) - BIAS_ROOT;
    const short =
      Math.cbrt(0.24342268924547819 * r + 0.20476744424496821 * g + 0.5518098665095535 * b + BIAS) -
      BIAS_ROOT;
    const y = 0.5 * (long + middle);
    toX[i] = 7 * (long - middle) + 0.42;
    toY[i] = y + 0.01;
    toB[i] = short - y + 0.55;
  }
  return planes;
}

/** Every two by two pixels become one; a side that is odd repeats its edge. */
function halved({ width, height, planes }: Planes): Planes {
  const [halfWidth, halfHeight] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const reduced = planes.map((plane) => {
    const result = new Float32Array(halfWidth * halfHeight);
    for (let y = 0; y < halfHeight; y++) {
      const top = 2 * y * width;
      const bottom = Math.min(2 * y + 1, height - 1) * width;
      for (let x = 0; x < halfWidth; x++) {
        const [left, right] = [2 * x, Math.min(2 * x + 1, width - 1)];
        const above = (plane[top + left] as number) + (plane[top + right] as number);
        const below = (plane[bottom + left] as number) + (plane[bottom + right] as number);
        result[y * halfWidth + x] = 0.25 * (above + below);
      }
    }
    return result;
  });
  return { width: halfWidth, height: halfHeight, planes: reduced };
}
