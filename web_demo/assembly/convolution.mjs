/**
 * Writes the convolution kernels in AssemblyScript, each for a block of `pixels` side by side and
 * `vectors` of four outputs: all sums of a block stay in registers, which is what decides the speed.
 *
 * WebAssembly on x86 has 15 registers. With fused multiply-add 6 x 2 sums need 12, and 3 for two
 * weights and one value; without it one is lost to the product. docs/decisions/0020 has the figures.
 */

/** @typedef {{ pixels: number, vectors: number }} Block */

/** @type {Record<'plain' | 'relaxed', Block[]>} */
export const BLOCKS = {
  plain: [
    { pixels: 8, vectors: 1 },
    { pixels: 4, vectors: 2 },
    { pixels: 3, vectors: 3 },
  ],
  relaxed: [
    { pixels: 8, vectors: 1 },
    { pixels: 6, vectors: 2 },
    { pixels: 3, vectors: 3 },
  ],
};

/**
 * The kernels of one program as AssemblyScript.
 *
 * @param {'plain' | 'relaxed'} variant
 */
export function convolutionSource(variant) {
  return BLOCKS[variant].map((block) => kernel(block, variant === 'relaxed')).join('\n');
}

/**
 * One row of one layer: `blocks` blocks of `pixels` pixels, of which each gets 4 * `vectors` outputs.
 *
 * `above`, `middle` and `below` are rows of the layer's input, from the pixel left of the first;
 * `inputBytes` and `outputBytes` are from one pixel to the next. `weights` are in the order in which
 * they are used: kernel row, kernel column and input, output. `bias` is followed by the slopes.
 *
 * @param {Block} block
 * @param {boolean} fused
 */
function kernel({ pixels, vectors }, fused) {
  const P = range(pixels);
  const V = range(vectors);
  /** @param {string} sum @param {string} value @param {string} weight */
  const multiplyAdd = (sum, value, weight) =>
    fused
      ? `${sum} = f32x4.relaxed_madd(${value}, ${weight}, ${sum});`
      : `${sum} = f32x4.add(${sum}, f32x4.mul(${value}, ${weight}));`;
  return `
export function convolve${vectors}(
  above: usize, middle: usize, below: usize, inputBytes: usize,
  weights: usize, bias: usize, out: usize, outputBytes: usize, blocks: i32
): void {
  ${lines(V, (v) => `const bias${v} = v128.load(bias, ${16 * v});`)}
  ${lines(V, (v) => `const slope${v} = v128.load(bias, ${16 * (vectors + v)});`)}
  const zero = f32x4.splat(0);
  for (let block = 0; block < blocks; block++) {
    ${lines(P, (p) => lines(V, (v) => `let sum${p}_${v} = bias${v};`))}
    let weight = weights;
    for (let row = 0; row < 3; row++) {
      let from0 = row == 0 ? above : row == 1 ? middle : below;
      ${lines(P.slice(1), (p) => `let from${p} = from${p - 1} + inputBytes;`)}
      // Three neighbours lie one behind the other: kernel columns and inputs are one loop.
      const end = from0 + 3 * inputBytes;
      while (from0 < end) {
        ${lines(V, (v) => `const weight${v} = v128.load(weight, ${16 * v});`)}
        ${lines(
          P,
          (p) => `const value${p} = v128.load32_splat(from${p});
        ${lines(V, (v) => multiplyAdd(`sum${p}_${v}`, `value${p}`, `weight${v}`))}
        from${p} += 4;`,
        )}
        weight += ${16 * vectors};
      }
    }
    ${lines(
      P,
      (p) => `${lines(
        V,
        (v) =>
          `v128.store(out, f32x4.add(f32x4.max(sum${p}_${v}, zero), f32x4.mul(f32x4.min(sum${p}_${v}, zero), slope${v})), ${16 * v});`,
      )}
    out += outputBytes;`,
    )}
    above += ${pixels} * inputBytes;
    middle += ${pixels} * inputBytes;
    below += ${pixels} * inputBytes;
  }
}`;
}

/**
 * @param {number[]} items
 * @param {(item: number) => string} write
 */
function lines(items, write) {
  return items.map(write).join('\n');
}

/** @param {number} count */
function range(count) {
  return Array.from({ length: count }, (_, index) => index);
}
