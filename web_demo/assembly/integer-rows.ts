// AssemblyScript: what happens to one row before and after the convolutions of a student in whole numbers.
// src/compact/wasm/integer/chain.ts says where everything lies, docs/reference/format.md what is computed.

/**
 * One row of RGBA bytes, `blocks` of `down` pixels: to the input of a network, and to the planes that are
 * enlarged.
 *
 * Pixels of a block lie one behind the other for the network, and those of the next block `blockBytes`
 * later. The planes are rows of red, blue and green, `planeBytes` apart, for each pixel of a block; where
 * `down` is 1, they are red and blue without their luma, and of an RGB network there are none.
 */
export function readRow(
  from: usize, native: usize, blockBytes: usize, planes: usize, planeBytes: usize,
  blocks: i32, down: i32, isLuma: bool,
): void {
  for (; blocks; blocks--) {
    let next = native;
    let plane = planes;
    for (let i = 0; i < down; i++) {
      let red = <i32>load<u8>(from) << 3;
      const green = <i32>load<u8>(from, 1) << 3;
      let blue = <i32>load<u8>(from, 2) << 3;
      from += 4;
      if (isLuma) {
        const luma = (9798 * red + 19235 * green + 3735 * blue + 16384) >> 15;
        store<i16>(next, luma);
        next += 2;
        if (down == 1) {
          red -= luma;
          blue -= luma;
        }
      } else {
        store<i16>(next, red);
        store<i16>(next, green, 2);
        store<i16>(next, blue, 4);
        next += 6;
        if (down == 1) continue;
      }
      store<i16>(plane, red);
      plane += planeBytes;
      store<i16>(plane, blue);
      plane += planeBytes;
      if (down > 1) {
        store<i16>(plane, green);
        plane += planeBytes;
      }
    }
    native += blockBytes;
    planes += 2;
  }
}

/** Eight sums of four products: pairs of lanes at `a`, `b` and at `c`, `d` by two pairs of taps. */
@inline
function sums(a: v128, b: v128, c: v128, d: v128, ab: v128, cd: v128, half: v128, shift: i32): v128 {
  const low = i32x4.add(
    i32x4.dot_i16x8_s(i8x16.shuffle(a, b, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), ab),
    i32x4.dot_i16x8_s(i8x16.shuffle(c, d, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23), cd),
  );
  const high = i32x4.add(
    i32x4.dot_i16x8_s(i8x16.shuffle(a, b, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), ab),
    i32x4.dot_i16x8_s(i8x16.shuffle(c, d, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31), cd),
  );
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(low, half), shift), i32x4.shr_s(i32x4.add(high, half), shift),
  );
}

/**
 * A row of sums of four, of whole vectors of 16-bit lanes: of what lies at `a`, `b`, `c` and `d`, by four
 * taps. `half` is added, and the sum divided by two to the power of `shift` and rounded down.
 */
export function weigh(
  a: usize, b: usize, c: usize, d: usize, taps: usize,
  out: usize, vectors: i32, half: i32, shift: i32,
): void {
  const ab = v128.load32_splat(taps);
  const cd = v128.load32_splat(taps, 4);
  const more = i32x4.splat(half);
  for (let at: usize = 0; vectors; vectors--) {
    const sum = sums(
      v128.load(a + at), v128.load(b + at), v128.load(c + at), v128.load(d + at), ab, cd, more, shift,
    );
    v128.store(out + at, sum);
    at += 16;
  }
}

/** Eight lanes that lie `step` bytes apart. */
function gather(from: usize, step: usize): v128 {
  let lanes = v128.load16_splat(from);
  lanes = v128.load16_lane(from += step, lanes, 1);
  lanes = v128.load16_lane(from += step, lanes, 2);
  lanes = v128.load16_lane(from += step, lanes, 3);
  lanes = v128.load16_lane(from += step, lanes, 4);
  lanes = v128.load16_lane(from += step, lanes, 5);
  lanes = v128.load16_lane(from += step, lanes, 6);
  return v128.load16_lane(from + step, lanes, 7);
}

/** Eight 64ths of a byte as whole bytes that may still lie beyond 0 and 255, with what is added to them. */
@inline
function bytes(value: v128, added: v128): v128 {
  return i16x8.shr_s(i16x8.add_sat_s(i16x8.add_sat_s(value, added), i16x8.splat(32)), 6);
}

/**
 * One sub-pixel of each of `blocks`, as RGBA bytes `outStep` apart; eight blocks at a time, so that up to
 * seven more are written.
 *
 * `planes` is what the last layer gave, from block to block `planesBytes`; `native` the network's own input,
 * from block to block `nativeBytes`. Green and blue lie `colourBytes` and twice that behind red, and 2 and 4
 * bytes in the input; where `colourBytes` is 0, all three get the same. To that are added the enlarged rows
 * `wide`: red, `wideBytes` later blue, and green.
 */
export function finishRow(
  planes: usize, planesBytes: usize, colourBytes: usize, native: usize, nativeBytes: usize,
  wide: usize, wideBytes: usize, out: usize, outStep: usize, blocks: i32,
): void {
  for (; blocks > 0; blocks -= 8) {
    const value = own(planes, planesBytes, native, nativeBytes);
    let green = value;
    let blue = value;
    if (colourBytes) {
      green = own(planes + colourBytes, planesBytes, native + 2, nativeBytes);
      blue = own(planes + 2 * colourBytes, planesBytes, native + 4, nativeBytes);
    }
    const redBlue = i8x16.narrow_i16x8_u(
      bytes(value, v128.load(wide)), bytes(blue, v128.load(wide + wideBytes)),
    );
    const greenAlpha = i8x16.narrow_i16x8_u(
      bytes(green, v128.load(wide + 2 * wideBytes)), i16x8.splat(255),
    );
    const redGreen = i8x16.shuffle(
      redBlue, greenAlpha, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23,
    );
    const blueAlpha = i8x16.shuffle(
      redBlue, greenAlpha, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31,
    );
    scatter(
      i8x16.shuffle(redGreen, blueAlpha, 0, 1, 16, 17, 2, 3, 18, 19, 4, 5, 20, 21, 6, 7, 22, 23),
      out, outStep,
    );
    scatter(
      i8x16.shuffle(redGreen, blueAlpha, 8, 9, 24, 25, 10, 11, 26, 27, 12, 13, 28, 29, 14, 15, 30, 31),
      out + 4 * outStep, outStep,
    );
    planes += 8 * planesBytes;
    native += 8 * nativeBytes;
    wide += 16;
    out += 8 * outStep;
  }
}

/** The network's own input in 64ths of a byte, with what its last layer adds. */
function own(planes: usize, planesBytes: usize, native: usize, nativeBytes: usize): v128 {
  return i16x8.add(gather(planes, planesBytes), i16x8.shl(gather(native, nativeBytes), 3));
}

/** Four pixels, `step` bytes apart. */
@inline
function scatter(pixels: v128, out: usize, step: usize): void {
  v128.store32_lane(out, pixels, 0);
  v128.store32_lane(out + step, pixels, 1);
  v128.store32_lane(out + 2 * step, pixels, 2);
  v128.store32_lane(out + 3 * step, pixels, 3);
}
