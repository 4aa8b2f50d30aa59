import { expect, test, vi } from 'vitest';
import type { Card } from '../../src/core/card';
import { type Engine, type Enlarger, Exhausted } from '../../src/core/engine';
import { ModelMismatch, NoReadback, Transparent } from '../../src/core/errors';
import type { FromEngine, ToEngine } from '../../src/core/messages';
import { enlargePixels } from '../../src/worker/enlarge';
import { Server } from '../../src/worker/server';
import { randomSource } from '../made/random';
import { nearest, randomPicture } from '../made/stand-ins';

const readback = vi.hoisted(() => ({ lies: false }));

vi.mock('../../src/core/readback', () => ({
  requireReadback: async () => {
    if (readback.lies) throw new NoReadback('');
  },
}));

const CARD: Card = {
  name: 'stand-in',
  scale: 2,
  margin_px: 0,
  align_px: 1,
  colour: 'rgb',
  parameters: 0,
  files: {},
};

const START: ToEngine = { kind: 'start', card: CARD, files: {}, targetMs: 0.5 };

/** A server whose clock makes every probe choose 8 px tiles, and the messages that it posts. */
function serverWith(open: Engine['open']): { server: Server; posted: FromEngine[] } {
  const posted: FromEngine[] = [];
  let clock = 0;
  const server = new Server({
    post: (message) => void posted.push(message),
    engine: { backend: 'tfjs-cpu', open },
    check: async () => false,
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
    now: () => {
      clock += 1000;
      return clock;
    },
    enlarge: enlargePixels,
  });
  return { server, posted };
}

function pictureJob(job: number, side = 16): ToEngine {
  const picture = randomPicture(side, side, randomSource(job));
  return { kind: 'upscale', job, picture, colorSpace: 'srgb', output: 'canvas' };
}

const summary = (posted: FromEngine[]) =>
  posted.map((message) => {
    if (message.kind === 'failed') return `${message.code} ${message.job}`;
    return 'job' in message ? `${message.kind} ${message.job}` : message.kind;
  });

test('started, then progress for every tile, then finished', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  expect(posted[0]).toMatchObject({
    kind: 'started',
    backend: 'tfjs-cpu',
    checked: false,
    tilePx: 8,
  });
  await server.handle(pictureJob(1));
  expect(summary(posted)).toEqual(['started', ...Array(4).fill('progress 1'), 'finished 1']);
  expect(posted[2]).toEqual({ kind: 'progress', job: 1, done: 2, total: 4 });
  expect(posted.at(-1)).toMatchObject({ picture: { width: 32, height: 32 } });
});

test('jobs take turns, tile by tile, and a small one is not stuck behind a large one', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  await Promise.all([server.handle(pictureJob(1, 40)), server.handle(pictureJob(2, 8))]);
  const order = summary(posted);
  expect(order.indexOf('finished 2')).toBeLessThan(6);
  expect(order.at(-1)).toBe('finished 1');
});

test('an abort stops a running job before its next tile, and the others go on', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  const running = server.handle(pictureJob(1));
  const next = server.handle(pictureJob(2));
  await server.handle({ kind: 'abort', job: 1 });
  await Promise.all([running, next]);
  expect(summary(posted)).toContain('Aborted 1');
  expect(summary(posted)).not.toContain('finished 1');
  expect(summary(posted).at(-1)).toBe('finished 2');
});

test('a waiting job is aborted at once, an unknown one is no matter', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  const jobs = [1, 2, 3, 4].map((job) => server.handle(pictureJob(job)));
  await server.handle({ kind: 'abort', job: 4 });
  expect(summary(posted)).toEqual(['started', 'Aborted 4']);
  await server.handle({ kind: 'abort', job: 99 });
  await Promise.all(jobs);
  expect(summary(posted).filter((text) => text.startsWith('finished'))).toHaveLength(3);
});

test('out of memory with the smallest tiles is an error that says what to do', async () => {
  let runs = 0;
  const { server, posted } = serverWith(async () => ({
    ...nearest(2),
    runBytes: async (...tile) => {
      if (++runs > 5) throw new Exhausted('the context was lost');
      return nearest(2).runBytes(...tile);
    },
  }));
  await server.handle(START); // without a margin the smallest tile is 8 px
  await server.handle(pictureJob(1, 64));
  expect(posted.at(-1)).toMatchObject({ kind: 'failed', code: 'OutOfMemory' });
  expect(posted.at(-1)).toMatchObject({ reason: expect.stringContaining('smaller picture') });
});

test('a lost context halves the tiles and every job still ends with its exact result', async () => {
  let opened = 0;
  let runs = 0;
  const open = async (): Promise<Enlarger> => {
    opened++;
    const model = nearest(2);
    return {
      ...model,
      runBytes: async (pixels, height, width) => {
        if (++runs === 6) throw new Exhausted('the context was lost');
        return model.runBytes(pixels, height, width);
      },
    };
  };
  const { server, posted } = serverWith(open);
  await server.handle({ kind: 'start', card: CARD, files: {}, targetMs: 150, tilePx: 16 });
  expect(posted[0]).toMatchObject({ tilePx: 16 });
  const [one, two] = [pictureJob(1, 40), pictureJob(2, 40)];
  await Promise.all([server.handle(one), server.handle(two)]);
  expect(opened).toBe(2);
  for (const job of [1, 2]) {
    const finished = posted.find((message) => message.kind === 'finished' && message.job === job);
    expect(finished).toMatchObject({ tilePx: 8 });
  }
});

test.each([
  [20, 'on the page', [80, 40, 20, 20]],
  [150, 'in a worker', [80, 80, 80, 80]],
])('tiles that take five times the %i ms that they may, %s', async (targetMs, _, sides) => {
  const seen: number[] = [];
  let clock = 0;
  const posted: FromEngine[] = [];
  const server = new Server({
    post: (message) => void posted.push(message),
    engine: {
      backend: 'tfjs-cpu',
      open: async () => ({
        ...nearest(2),
        runBytes: async (pixels, height, width) => {
          // The probe finds tiles of 64 px, which are stretched to 80 to fit; then all gets slower.
          const slowdown = posted.length > 0 ? 5 : 1;
          clock += (slowdown * targetMs * height * width) / 64 ** 2;
          if (posted.length > 0) seen.push(width);
          return nearest(2).runBytes(pixels, height, width);
        },
      }),
    },
    check: async () => false,
    breathe: async () => undefined,
    now: () => clock,
    enlarge: enlargePixels,
  });
  await server.handle({ kind: 'start', card: CARD, files: {}, targetMs });
  await server.handle(pictureJob(1, 640));
  expect(posted.at(-1)).toMatchObject({ kind: 'finished' });
  expect(seen.slice(0, 4)).toEqual(sides);
});

test('a model that fails at a tile for another reason fails its job', async () => {
  const broken: Enlarger = { ...nearest(2) };
  let runs = 0;
  broken.runBytes = async (...tile) => {
    if (++runs > 5) throw new Error('shader did not compile');
    return nearest(2).runBytes(...tile);
  };
  const { server, posted } = serverWith(async () => broken);
  await server.handle(START);
  await server.handle(pictureJob(1));
  expect(posted.at(-1)).toEqual({
    kind: 'failed',
    job: 1,
    code: 'NoBackend',
    reason: 'The picture was not enlarged: shader did not compile.',
  });
});

test('a backend that does not start is refused, a bad model is rejected', async () => {
  const refused = serverWith(() => Promise.reject(new Error('no adapter')));
  await refused.server.handle(START);
  expect(refused.posted).toEqual([{ kind: 'refused', reason: 'no adapter' }]);
  await refused.server.handle(pictureJob(1));
  expect(summary(refused.posted)).toEqual(['refused', 'NoBackend 1']);
  const rejected = serverWith(() => Promise.reject(new ModelMismatch('Wrong.')));
  await rejected.server.handle(START);
  expect(rejected.posted).toEqual([{ kind: 'rejected', reason: 'Wrong.' }]);
});

test('starting again disposes of the model before', async () => {
  let disposed = 0;
  const { server } = serverWith(async () => ({ ...nearest(2), dispose: () => void disposed++ }));
  await server.handle(START);
  await server.handle(START);
  expect(disposed).toBe(1);
});

test('a tile that fails while others run ends the picture', async () => {
  const whole = nearest(2);
  let tiles = Number.NaN; // not counted while the model is timed
  const runBytes: Enlarger['runBytes'] = async (...tile) => {
    if (++tiles === 4) throw new Transparent('');
    await new Promise((resolve) => setTimeout(resolve));
    return whole.runBytes(...tile);
  };
  const { server, posted } = serverWith(async () => ({ ...whole, runBytes, lanes: 3 }));
  await server.handle(START);
  tiles = 0;
  await server.handle(pictureJob(1, 40));
  expect(posted.filter(({ kind }) => kind === 'failed' || kind === 'finished')).toMatchObject([
    { kind: 'failed', code: 'Transparent', job: 1 },
  ]);
});

test('a picture that is to be a file is written by the engine, and its time is not counted', async () => {
  const drawn: unknown[] = [];
  vi.stubGlobal('ImageData', class {});
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext = () => ({ putImageData: (...given: unknown[]) => drawn.push(given) });
      convertToBlob = async () => new Blob(['a file']);
    },
  );
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  await server.handle({ ...pictureJob(1), output: 'blob' } as ToEngine);
  const { picture } = posted.at(-1) as Extract<FromEngine, { kind: 'finished' }>;
  expect(picture).toMatchObject({ width: 32, height: 32 });
  expect('blob' in picture && (await picture.blob.text())).toBe('a file');
  expect(drawn).not.toHaveLength(0);
  vi.unstubAllGlobals();
});

test('a browser that writes something else than the picture is found out', async () => {
  vi.stubGlobal('OffscreenCanvas', class {});
  readback.lies = true;
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  await server.handle({ ...pictureJob(1), output: 'blob' } as ToEngine);
  await server.handle(pictureJob(2)); // no file, and nothing to read back
  expect(summary(posted)).toContain('NoReadback 1');
  expect(summary(posted)).toContain('finished 2');
  readback.lies = false;
  vi.unstubAllGlobals();
});
