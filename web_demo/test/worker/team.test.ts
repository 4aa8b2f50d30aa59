import { expect, test } from 'vitest';
import type { PixelBytes } from '../../src/core/picture';
import { help, Team } from '../../src/worker/team';
import { nearest } from '../made/stand-ins';

const tile = () => [new Uint8ClampedArray([1, 2, 3, 255]), 1, 1] as const;

function helperOf(runBytes: (pixels: PixelBytes) => Promise<PixelBytes>): MessagePort {
  const { port1, port2 } = new MessageChannel();
  help(port2, { ...nearest(2), runBytes });
  return port1;
}

test('helpers are asked first, and the engine itself when they are busy', async () => {
  const own = nearest(2);
  let asked = 0;
  const runBytes = async (...args: Parameters<typeof own.runBytes>) => {
    asked++;
    return own.runBytes(...args);
  };
  const team = new Team({ ...own, runBytes });
  let helped = 0;
  const helper = helperOf(async (pixels) => {
    helped++;
    return nearest(2).runBytes(pixels, 1, 1);
  });
  team.add(helper);
  expect(team.lanes).toBe(2);
  const results = await Promise.all([team.runBytes(...tile()), team.runBytes(...tile())]);
  expect([asked, helped]).toEqual([1, 1]);
  for (const result of results) expect([...result.slice(0, 4)]).toEqual([1, 2, 3, 255]);
  helper.close();
});

test('a helper that fails is let go, and its tile is not lost', async () => {
  const team = new Team(nearest(2));
  team.add(helperOf(() => Promise.reject(new Error('out of memory'))));
  expect((await team.runBytes(...tile())).length).toBe(16);
  expect(team.lanes).toBe(1);
});
