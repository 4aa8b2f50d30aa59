// AssemblyScript: what happens to one row before and after the convolutions. src/compact/wasm/chain.ts
// says where everything lies.

const LAST_BYTE: f32 = 255;

/**
 * One row of RGBA bytes: to the input of a network, and to what bicubic enlarges, a vector for each pixel.
 *
 * The network works on blocks of `down` pixels: those of one row of a block lie one behind the other, and
 * those of the next block `blockBytes` later. Where `down` is 1, bicubic is for chroma alone: it gets
 * colours minus their luma, and of an RGB network nothing.
 */
export function readRow(
  from: usize, to: usize, native: usize, width: i32, down: i32, blockBytes: usize, isLuma: bool,
): void {
  for (let x = 0; x < width; x += down) {
    let next = native;
    for (let i = 0; i < down; i++) {
      const whole = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)));
      let pixel = f32x4.div(f32x4.convert_i32x4_u(whole), f32x4.splat(LAST_BYTE));
      if (isLuma) {
        const parts = f32x4.mul(pixel, f32x4(0.299, 0.587, 0.114, 0));
        const luma = f32x4.extract_lane(parts, 0) + f32x4.extract_lane(parts, 1)
          + f32x4.extract_lane(parts, 2);
        store<f32>(next, luma);
        next += 4;
        if (down == 1) pixel = f32x4.sub(pixel, f32x4.splat(luma));
      } else {
        v128.store64_lane(next, pixel, 0);
        v128.store32_lane(next, pixel, 2, 8);
        next += 12;
        if (down == 1) pixel = f32x4.splat(0);
      }
      v128.store(to, pixel);
      from += 4;
      to += 16;
    }
    native += blockBytes;
  }
}

/** A row of sums of four: of what lies `step` apart at `a`, `b`, `c` and `d`, by four weights. */
export function weigh(
  a: usize, b: usize, c: usize, d: usize, weights: usize,
  out: usize, count: i32, step: usize, outStep: usize,
): void {
  const wa = v128.load32_splat(weights, 0);
  const wb = v128.load32_splat(weights, 4);
  const wc = v128.load32_splat(weights, 8);
  const wd = v128.load32_splat(weights, 12);
  for (let at: usize = 0; count; count--) {
    const ab = f32x4.add(f32x4.mul(v128.load(a + at), wa), f32x4.mul(v128.load(b + at), wb));
    const cd = f32x4.add(f32x4.mul(v128.load(c + at), wc), f32x4.mul(v128.load(d + at), wd));
    v128.store(out, f32x4.add(ab, cd));
    at += step;
    out += outStep;
  }
}

/** To bytes, as whole numbers that may still lie beyond 0 and 255. */
@inline
function bytes(values: v128): v128 {
  const scaled = f32x4.mul(values, f32x4.splat(LAST_BYTE));
  return i32x4.trunc_sat_f32x4_s(f32x4.add(scaled, f32x4.splat(0.5)));
}

/**
 * One row of the result, `up` pixels for each of `blocks`: RGBA bytes, or vectors of floats that are not
 * clamped.
 *
 * To `pixels`, the bicubic, are added the network's own input (from block to block `nativeBytes`) and
 * what the last layer gave for this row: `planes`, from block to block `planesBytes`. Green and blue lie
 * `colourBytes` and twice that behind red; where that is 0, all three get the same.
 */
export function finishRow(
  planes: usize, planesBytes: usize, colourBytes: usize, native: usize, nativeBytes: usize,
  pixels: usize, out: usize, blocks: i32, up: i32, asBytes: bool,
): void {
  for (; blocks; blocks--) {
    const anchor = colourBytes ? v128.load(native) : v128.load32_splat(native);
    for (let i = 0; i < up; i++) {
      const plane = planes + 4 * i;
      let sum = v128.load32_splat(plane);
      if (colourBytes) {
        sum = v128.load32_lane(plane + colourBytes, sum, 1);
        sum = v128.load32_lane(plane + 2 * colourBytes, sum, 2);
      }
      sum = f32x4.add(f32x4.add(sum, anchor), v128.load(pixels));
      if (asBytes) {
        const words = i16x8.narrow_i32x4_s(bytes(sum), sum); // narrowing ends at 0 and 255
        store<u32>(out, i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0) | 0xff000000);
        out += 4;
      } else {
        v128.store(out, sum);
        out += 16;
      }
      pixels += 16;
    }
    planes += planesBytes;
    native += nativeBytes;
  }
}
