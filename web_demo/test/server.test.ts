import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { FromWorker, ToWorker } from '../src/messages';
import type { Enlarger } from '../src/model';
import { Server } from '../src/worker/server';
import { randomSource } from './random';
import { nearest, randomPicture } from './stand-ins';

const MODEL = new Uint8Array([123, 125]);

const START: Extract<ToWorker, { kind: 'start' }> = {
  kind: 'start',
  backend: 'cpu',
  files: { 'model.json': MODEL },
  card: {
    format: 1,
    name: 'stand-in',
    scale: 2,
    margin_px: 0,
    colour: 'rgb',
    parameters: 0,
    files: {
      'model.json': {
        bytes: MODEL.length,
        gzip_bytes: 22,
        sha256: createHash('sha256').update(MODEL).digest('hex'),
      },
    },
  },
};

/** A server whose tiles are 4 px, and the messages that it posts. */
function serverWith(open: () => Promise<Enlarger>): { server: Server; posted: FromWorker[] } {
  const posted: FromWorker[] = [];
  const server = new Server({
    post: (message) => void posted.push(message),
    open,
    tilePx: () => 4,
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
  });
  return { server, posted };
}

function pictureJob(job: number): ToWorker {
  return { kind: 'upscale', job, picture: randomPicture(8, 8, randomSource(job)) };
}

const summary = (posted: FromWorker[]) =>
  posted.map((message) => ('job' in message ? `${message.kind} ${message.job}` : message.kind));

test('started, then progress for every tile, then finished', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  await server.handle(pictureJob(1));
  expect(summary(posted)).toEqual(['started', ...Array(4).fill('progress 1'), 'finished 1']);
  expect(posted[2]).toEqual({ kind: 'progress', job: 1, done: 2, total: 4 });
  expect(posted.at(-1)).toMatchObject({ picture: { width: 16, height: 16 } });
});

test('two jobs do not mix', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  await Promise.all([server.handle(pictureJob(1)), server.handle(pictureJob(2))]);
  expect(summary(posted)).toEqual([
    'started',
    ...Array(4).fill('progress 1'),
    'finished 1',
    ...Array(4).fill('progress 2'),
    'finished 2',
  ]);
});

test('an abort stops the running job before its next tile, and the next job runs', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  const running = server.handle(pictureJob(1));
  const next = server.handle(pictureJob(2));
  await server.handle({ kind: 'abort', job: 1 });
  await Promise.all([running, next]);
  expect(summary(posted)).toEqual([
    'started',
    'aborted 1',
    ...Array(4).fill('progress 2'),
    'finished 2',
  ]);
});

test('a waiting job is aborted at once, an unknown one is no matter', async () => {
  const { server, posted } = serverWith(async () => nearest(2));
  await server.handle(START);
  const running = server.handle(pictureJob(1));
  void server.handle(pictureJob(2));
  await server.handle({ kind: 'abort', job: 2 });
  await server.handle({ kind: 'abort', job: 99 });
  await running;
  expect(summary(posted)).toEqual([
    'started',
    'aborted 2',
    ...Array(4).fill('progress 1'),
    'finished 1',
  ]);
});

test('a model that fails at a tile fails its job with a reason', async () => {
  const broken: Enlarger = {
    run: () => Promise.reject(new Error('device lost')),
    dispose: () => undefined,
  };
  const { server, posted } = serverWith(async () => broken);
  await server.handle(START);
  await server.handle(pictureJob(1));
  expect(posted.at(-1)).toEqual({
    kind: 'failed',
    job: 1,
    reason: 'The picture was not enlarged: device lost.',
  });
});

test('a backend that does not start is refused, so that another can be tried', async () => {
  const { server, posted } = serverWith(() => Promise.reject(new Error('no adapter')));
  await server.handle({ ...START, backend: 'webgpu' });
  expect(posted).toEqual([
    { kind: 'refused', backend: 'webgpu', reason: 'It does not start here: no adapter.' },
  ]);
  await server.handle(pictureJob(1));
  expect(summary(posted)).toEqual(['refused', 'failed 1']);
});

test('a tampered model is rejected and never opened', async () => {
  let opened = false;
  const { server, posted } = serverWith(async () => {
    opened = true;
    return nearest(2);
  });
  await server.handle({ ...START, files: { 'model.json': new Uint8Array([123, 124]) } });
  expect(summary(posted)).toEqual(['rejected']);
  expect(posted[0]).toMatchObject({ reason: expect.stringContaining('altered') });
  expect(opened).toBe(false);
});

test('starting again disposes of the model before', async () => {
  let disposed = 0;
  const { server } = serverWith(async () => ({ ...nearest(2), dispose: () => void disposed++ }));
  await server.handle(START);
  await server.handle(START);
  expect(disposed).toBe(1);
});
