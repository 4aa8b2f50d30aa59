// AssemblyScript: what happens to one row before and after the convolutions. src/compact/wasm/chain.ts
// says where everything lies. Rows may be written and read up to three pixels beyond their end.

const LAST_BYTE: f32 = 255;

/** Four bytes at `shift` of four RGBA pixels, in [0, 1]. */
@inline
function channel(pixels: v128, shift: i32): v128 {
  const bytes = v128.and(i32x4.shr_u(pixels, shift), i32x4.splat(255));
  return f32x4.div(f32x4.convert_i32x4_u(bytes), f32x4.splat(LAST_BYTE));
}

@inline
function scaled(values: v128, by: f32): v128 {
  return f32x4.mul(values, f32x4.splat(by));
}

/** RGBA bytes to luma, Cb and Cr, each a row of floats. */
export function readLuma(from: usize, luma: usize, blue: usize, red: usize, width: i32): void {
  for (let x = 0; x < width; x += 4) {
    const pixels = v128.load(from);
    const r = channel(pixels, 0);
    const b = channel(pixels, 16);
    const y = f32x4.add(
      f32x4.add(scaled(r, 0.299), scaled(channel(pixels, 8), 0.587)),
      scaled(b, 0.114),
    );
    v128.store(luma, y);
    v128.store(blue, scaled(f32x4.sub(b, y), 1 / 1.772));
    v128.store(red, scaled(f32x4.sub(r, y), 1 / 1.402));
    from += 16;
    luma += 16;
    blue += 16;
    red += 16;
  }
}

/** RGBA bytes to RGB floats, pixel by pixel. */
export function readRgb(from: usize, to: usize, width: i32): void {
  for (let x = 0; x < width; x++) {
    for (let colour: usize = 0; colour < 3; colour++) {
      store<f32>(to + 4 * colour, <f32>load<u8>(from + colour) / LAST_BYTE);
    }
    from += 4;
    to += 12;
  }
}

/**
 * Enlarge chroma down the columns: each of `width` pixels gets `vectors` of four sub-pixels.
 *
 * `rows` are the addresses of five rows, `taps` five vectors for each vector of sub-pixels.
 */
export function enlargeDown(rows: usize, taps: usize, out: usize, width: i32, vectors: i32): void {
  for (let x = 0; x < width; x++) {
    for (let vector = 0; vector < vectors; vector++) {
      let sum = f32x4.splat(0);
      for (let tap = 0; tap < 5; tap++) {
        const value = v128.load32_splat(load<usize>(rows + 4 * tap) + 4 * x);
        sum = f32x4.add(sum, f32x4.mul(value, v128.load(taps + 16 * (5 * vector + tap))));
      }
      v128.store(out, sum);
      out += 16;
    }
  }
}

/** The other direction: what `enlargeDown` made of this pixel and two to each side. */
@inline
function enlargeAcross(from: usize, taps: usize, vectors: i32): v128 {
  let sum = f32x4.splat(0);
  for (let tap = 0; tap < 5; tap++) {
    const value = v128.load(from + 16 * tap * vectors);
    sum = f32x4.add(sum, f32x4.mul(value, v128.load(taps + 16 * tap)));
  }
  return sum;
}

@inline
function clamped(values: v128): v128 {
  return f32x4.min(f32x4.max(values, f32x4.splat(0)), f32x4.splat(1));
}

@inline
function bytes(values: v128): v128 {
  const rounded = f32x4.floor(f32x4.add(scaled(values, LAST_BYTE), f32x4.splat(0.5)));
  return i32x4.trunc_sat_f32x4_u(rounded);
}

/**
 * Four sub-pixels of one pixel: RGBA side by side, or R, G and B as three vectors of floats.
 *
 * Called twice, and not inlined: a reader would download it twice.
 */
function put(r: v128, g: v128, b: v128, to: usize, asBytes: bool): void {
  if (asBytes) {
    const low = v128.or(bytes(clamped(r)), i32x4.shl(bytes(clamped(g)), 8));
    const high = v128.or(i32x4.shl(bytes(clamped(b)), 16), i32x4.splat(0xff000000));
    v128.store(to, v128.or(low, high));
  } else {
    v128.store(to, clamped(r), 0);
    v128.store(to, clamped(g), 16);
    v128.store(to, clamped(b), 32);
  }
}

/**
 * One row of a luma network, with its chroma: sub-pixels in the network's order.
 *
 * `planes` are what the last layer gave, `luma` its own input, `blue` and `red` what `enlargeDown`
 * made, from two pixels left of the first.
 */
export function finishLuma(
  planes: usize, luma: usize, blue: usize, red: usize, taps: usize, out: usize,
  width: i32, vectors: i32, asBytes: bool,
): void {
  const step: usize = asBytes ? 16 : 48;
  for (let x = 0; x < width; x++) {
    const anchor = v128.load32_splat(luma);
    for (let vector: usize = 0; vector < <usize>vectors; vector++) {
      const y = f32x4.add(v128.load(planes), anchor);
      const cb = enlargeAcross(blue + 16 * vector, taps + 80 * vector, vectors);
      const cr = enlargeAcross(red + 16 * vector, taps + 80 * vector, vectors);
      const r = f32x4.add(y, scaled(cr, 1.402));
      const b = f32x4.add(y, scaled(cb, 1.772));
      const green = f32x4.add(scaled(cb, 0.114 * 1.772 / 0.587), scaled(cr, 0.299 * 1.402 / 0.587));
      put(r, f32x4.sub(y, green), b, out, asBytes);
      planes += 16;
      out += step;
    }
    luma += 4;
    blue += 16 * vectors;
    red += 16 * vectors;
  }
}

/** One row of an RGB network. `planes` hold `vectors` of red, of green and of blue for each pixel. */
export function finishRgb(
  planes: usize, native: usize, out: usize, width: i32, vectors: i32, asBytes: bool,
): void {
  const step: usize = asBytes ? 16 : 48;
  const colour: usize = 16 * vectors;
  for (let x = 0; x < width; x++) {
    const r = v128.load32_splat(native, 0);
    const g = v128.load32_splat(native, 4);
    const b = v128.load32_splat(native, 8);
    for (let vector = 0; vector < vectors; vector++) {
      put(
        f32x4.add(v128.load(planes), r),
        f32x4.add(v128.load(planes + colour), g),
        f32x4.add(v128.load(planes + 2 * colour), b),
        out,
        asBytes,
      );
      planes += 16;
      out += step;
    }
    planes += 2 * colour;
    native += 12;
  }
}

/** Put the sub-pixels of a row where they belong: `scale` rows of RGBA, one behind the other. */
export function shuffle(from: usize, to: usize, width: i32, scale: i32, vectors: i32): void {
  const row: usize = 4 * width * scale;
  for (let x = 0; x < width; x++) {
    if (scale == 2) {
      store<u64>(to, load<u64>(from));
      store<u64>(to + row, load<u64>(from, 8));
    } else {
      for (let y = 0; y < scale; y++) {
        for (let sub = 0; sub < scale; sub++) {
          store<u32>(to + y * row + 4 * sub, load<u32>(from + 4 * (y * scale + sub)));
        }
      }
    }
    from += 16 * vectors;
    to += 4 * scale;
  }
}

/**
 * One row of RGBA bytes: to floats, a vector for each pixel, and to the input of a network that works on
 * blocks of `down` pixels. Of a block, this row's pixels lie one behind the other; `blockBytes` later
 * begin those of the next block.
 */
export function readBlocks(
  from: usize, to: usize, native: usize, width: i32, down: i32, blockBytes: usize, isLuma: bool,
): void {
  for (let x = 0; x < width; x += down) {
    let next = native;
    for (let i = 0; i < down; i++) {
      const whole = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)));
      const pixel = f32x4.div(f32x4.convert_i32x4_u(whole), f32x4.splat(LAST_BYTE));
      v128.store(to, pixel);
      if (isLuma) {
        const parts = f32x4.mul(pixel, f32x4(0.299, 0.587, 0.114, 0));
        const sum = f32x4.extract_lane(parts, 0) + f32x4.extract_lane(parts, 1);
        store<f32>(next, sum + f32x4.extract_lane(parts, 2));
        next += 4;
      } else {
        v128.store64_lane(next, pixel, 0);
        v128.store32_lane(next, pixel, 2, 8);
        next += 12;
      }
      from += 4;
      to += 16;
    }
    native += blockBytes;
  }
}

/**
 * Bicubic down the columns: `rows` are the addresses of four rows of `count` vectors, and `weights`
 * what each counts.
 */
export function weighRows(rows: usize, weights: usize, out: usize, count: i32): void {
  const a = v128.load32_splat(weights, 0);
  const b = v128.load32_splat(weights, 4);
  const c = v128.load32_splat(weights, 8);
  const d = v128.load32_splat(weights, 12);
  let at: usize = 0;
  for (let end: usize = 16 * count; at < end; at += 16) {
    const ab = f32x4.add(
      f32x4.mul(v128.load(load<usize>(rows, 0) + at), a),
      f32x4.mul(v128.load(load<usize>(rows, 4) + at), b),
    );
    const cd = f32x4.add(
      f32x4.mul(v128.load(load<usize>(rows, 8) + at), c),
      f32x4.mul(v128.load(load<usize>(rows, 12) + at), d),
    );
    v128.store(out + at, f32x4.add(ab, cd));
  }
}

/** A sub-pixel's own bicubic: four weights, and where the first of its four pixels lies, in bytes. */
const PHASE_BYTES: usize = 20;

/**
 * One row of the result of a network that works on blocks: `up` pixels for each of `blocks`, as RGBA
 * bytes, or as vectors of floats.
 *
 * `planes` are what the last layer gave for this row, from block to block `planesBytes`; those of green
 * and blue lie `colourBytes` and twice that behind, and where that is 0, one is added to all three. `from`
 * is what `weighRows` made, `fromBytes` of it for each block.
 */
export function finishBlocks(
  planes: usize, planesBytes: usize, colourBytes: usize, from: usize, fromBytes: usize,
  phases: usize, out: usize, blocks: i32, up: i32, asBytes: bool,
): void {
  for (; blocks; blocks--) {
    let plane = planes;
    let phase = phases;
    for (let i = 0; i < up; i++) {
      const at = from + <usize>load<f32>(phase, 16);
      let added = v128.load32_splat(plane);
      if (colourBytes) {
        added = v128.load32_lane(plane + colourBytes, added, 1);
        added = v128.load32_lane(plane + 2 * colourBytes, added, 2);
      }
      const ab = f32x4.add(
        f32x4.mul(v128.load(at, 0), v128.load32_splat(phase, 0)),
        f32x4.mul(v128.load(at, 16), v128.load32_splat(phase, 4)),
      );
      const cd = f32x4.add(
        f32x4.mul(v128.load(at, 32), v128.load32_splat(phase, 8)),
        f32x4.mul(v128.load(at, 48), v128.load32_splat(phase, 12)),
      );
      const sum = clamped(f32x4.add(added, f32x4.add(ab, cd)));
      if (asBytes) {
        const words = i16x8.narrow_i32x4_s(bytes(sum), bytes(sum));
        const narrow = i8x16.narrow_i16x8_u(words, words);
        store<u32>(out, i32x4.extract_lane(narrow, 0) | 0xff000000);
        out += 4;
      } else {
        v128.store(out, sum);
        out += 16;
      }
      plane += 4;
      phase += PHASE_BYTES;
    }
    planes += planesBytes;
    from += fromBytes;
  }
}
