import { expect, test } from 'vitest';
import { BLOCKS } from '../assembly/convolution.mjs';
import { buildKernels } from '../scripts/build-kernels.mjs';
import type { Kernels, Program } from '../src/compact/kernels';
import { parseNetwork } from '../src/compact/network';
import { WasmChain } from '../src/compact/wasm-chain';
import { encodeChain, plainChain, randomChain } from './chains';
import { randomSource } from './random';

const bytes = await buildKernels('plain');

async function program(): Promise<Program> {
  const { instance } = await WebAssembly.instantiate(bytes as BufferSource);
  const kernels = instance.exports as unknown as Kernels;
  return { kernels, blockPixels: BLOCKS.plain.map(({ pixels }) => pixels) };
}

const SHAPES = [
  { body: 0, channels: 1 },
  { body: 1, channels: 4, activation: 'relu' },
  { body: 2, channels: 12 },
  { body: 1, channels: 16, scale: 3 },
  { body: 1, channels: 7, scale: 4 },
  { body: 1, channels: 20, colour: 'rgb' },
  { body: 0, channels: 9, colour: 'rgb', scale: 3, activation: 'relu' },
  { body: 0, channels: 5, colour: 'rgb', scale: 4 },
] as const;

test.each(SHAPES)('%j at any size', async (shape) => {
  const random = randomSource(7);
  const network = parseNetwork(encodeChain(randomChain(random, shape)));
  const chain = new WasmChain(await program(), network);
  for (const [height, width] of [
    [1, 1],
    [2, 3],
    [7, 6],
    [1, 19],
    [13, 1],
    [6, 33],
  ] as const) {
    const pixels = Float32Array.from({ length: height * width * 3 }, () => random());
    const expected = plainChain(network, pixels, height, width);
    const got = chain.enlarge(pixels, height, width);
    const error = got.reduce((worst, v, i) => Math.max(worst, Math.abs(v - (expected[i] ?? 9))), 0);
    expect(error).toBeLessThan(1e-5);
    expect(got.length).toBe(expected.length);
  }
});
