/** The WebAssembly engines in parts, for `python -m tools.engine_bench`. */
import { parseIntegers } from '../src/compact/integer/network';
import { parseNetwork } from '../src/compact/network';
import { WasmChain } from '../src/compact/wasm/chain';
import { IntegerChain } from '../src/compact/wasm/integer/chain';
import { multipliesBytes } from '../src/compact/wasm/integer/convolution';
import { compileProgram as compileIntegers } from '../src/compact/wasm/integer/program';
import {
  AGAIN_IF,
  counted,
  END,
  get,
  LOOP,
  list,
  MINUS,
  programOf,
  set,
  store,
  tee,
  V128,
} from '../src/compact/wasm/opcodes';
import { compileProgram } from '../src/compact/wasm/program';
import { bytesFromBase64 } from '../src/core/base64';
import type { PixelBytes } from '../src/core/picture';

declare const FLOAT_ROWS: string;
declare const INTEGER_ROWS: string;

type Run = (pixels: PixelBytes, height: number, width: number) => unknown;

/** What is left out, to see what the rest takes. */
type Part = 'nothing' | 'convolutions' | 'all kernels';

const runs: Record<string, Run> = {};

/** The same program with kernels that do nothing. */
function without<P extends { kernels_: object; convolutions_: object }>(program: P, part: Part): P {
  const idle = (kernels: object) =>
    Object.fromEntries(
      Object.entries(kernels).map(([name, kernel]) => [
        name,
        typeof kernel === 'function' ? () => undefined : kernel,
      ]),
    );
  const convolutions = part === 'nothing' ? program.convolutions_ : idle(program.convolutions_);
  const kernels = part === 'all kernels' ? idle(program.kernels_) : program.kernels_;
  return { ...program, kernels_: kernels, convolutions_: convolutions };
}

/**
 * Open a model in one way: with or without relaxed SIMD.
 *
 * @returns how long that took in milliseconds; undefined where the browser or the model does not have it.
 */
async function open(name: string, model64: string, relaxed: boolean, part: Part) {
  const bytes = bytesFromBase64(model64);
  const started = performance.now();
  if (bytes[4] === 3) {
    const network = parseIntegers(bytes);
    if (relaxed && (network.bits > 7 || !multipliesBytes())) return undefined;
    const start = await compileIntegers(bytesFromBase64(INTEGER_ROWS));
    const chain = await IntegerChain.start(
      async (shapes) => {
        const program = without(await start(shapes), part);
        return { ...program, convolutions_: Object.values(program.convolutions_) };
      },
      network,
      relaxed,
    );
    runs[name] = (...tile) => chain.enlargeBytes(...tile);
  } else {
    const variant = relaxed ? 'relaxed' : 'plain';
    const start = await compileProgram(bytesFromBase64(FLOAT_ROWS), [variant]);
    const chain = new WasmChain(without(await start(), part), parseNetwork(bytes));
    runs[name] = (...tile) => chain.enlargeBytes_(...tile);
  }
  return performance.now() - started;
}

/** Milliseconds of each that was opened, in turns. */
async function time(side: number, repeats: number): Promise<Record<string, number[]>> {
  const pixels = new Uint8ClampedArray(side * side * 4).map((_, i) =>
    i % 4 === 3 ? 255 : 128 + 90 * Math.sin(i / 97) + 30 * Math.random(),
  );
  const times: Record<string, number[]> = {};
  for (let run = -8; run < repeats; run++) {
    // Code that is hot is compiled again, in another thread.
    if (run === 0) await new Promise((resolve) => setTimeout(resolve, 500));
    for (const [name, enlarge] of Object.entries(runs)) {
      const started = performance.now();
      enlarge(pixels, side, side);
      const taken = performance.now() - started;
      if (run >= 0) times[name] = [...(times[name] ?? []), taken];
    }
  }
  return times;
}

/** Instructions that multiply and add, each with its multiply-adds, and what it makes of three locals. */
const INSTRUCTIONS = {
  'f32x4.mul, f32x4.add': [4, [0xfd, 0xe6, 1], [0xfd, 0xe4, 1]],
  'f32x4.relaxed_madd': [4, [], [0xfd, 0x85, 2]],
  'i32x4.dot_i16x8_s, i32x4.add': [8, [0xfd, 0xba, 1], [0xfd, 0xae, 1]],
  'i32x4.relaxed_dot_i8x16_i7x16_add_s': [16, [], [0xfd, 0x93, 2]],
} as const;

/** Billions of multiply-adds a second, each `repeats` times in turns: nothing but registers. */
async function peaks(repeats: number): Promise<Record<string, number[]>> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const loops: Record<string, { run: (count: number, seed: number) => void; each: number }> = {};
  const rounds = 4;
  for (const [name, [macs, multiply, add]] of Object.entries(INSTRUCTIONS)) {
    const [values, weights] = multiply.length > 0 ? [2, 4] : [3, 3];
    const first = 2 + values + weights;
    const body = counted(values).map((v) =>
      counted(weights).map((w) => {
        const sum = first + v * weights + w;
        return [get(2 + v), get(2 + values + w), multiply, get(sum), add, set(sum)];
      }),
    );
    // Other values in each round: equal products would be computed once.
    const change = counted(values).map((v) => [
      get(2 + v),
      get(2 + values),
      [0xfd, 0x51],
      set(2 + v),
    ]);
    const kernel = [
      list([[values + weights + values * weights, V128]]),
      counted(values + weights).map((local) => [get(1), [0xfd, 0x11], set(2 + local)]),
      [LOOP, counted(rounds).map(() => [body, change])],
      [get(0), [0x41, 1], MINUS, tee(0), AGAIN_IF, END],
      counted(values * weights).map((sum) => [[0x41, 0], get(first + sum), store(0)]),
      END,
    ];
    const program = programOf([kernel], 2);
    if (!WebAssembly.validate(program)) continue;
    const { instance } = await WebAssembly.instantiate(program, { m: { m: memory } });
    const run = instance.exports['1'] as (count: number, seed: number) => void;
    loops[name] = { run, each: macs * values * weights * rounds };
    for (let warm = 0; warm < 200; warm++) run(2000, SEED);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  const found: Record<string, number[]> = {};
  for (let i = 0; i < repeats; i++) {
    for (const [name, { run, each }] of Object.entries(loops)) {
      const started = performance.now();
      run(COUNT, SEED);
      const speed = (COUNT * each) / (performance.now() - started) / 1e6;
      found[name] = [...(found[name] ?? []), speed];
    }
  }
  return found;
}

const COUNT = 300_000;

/** About 1 as a float, and small whole numbers. */
const SEED = 0x3f803f80;

declare global {
  var engineBench: { open: typeof open; time: typeof time; peaks: typeof peaks };
}

globalThis.engineBench = { open, time, peaks };
