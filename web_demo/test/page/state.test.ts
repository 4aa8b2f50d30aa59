import { expect, test } from 'vitest';
import { advance, type Facts, type Happening, type State } from '../../src/page/state';
import { statusOf } from '../../src/page/status';

const FACTS: Facts = {
  name: 'a.jpg',
  from: { width: 1, height: 2 },
  to: { width: 2, height: 4 },
  milliseconds: 10,
  backend: 'wasm',
  checked: true,
  refused: [],
  sent: { bytes: 2, type: 'image/webp', quality: 80 },
  model: { raw: 100, gzip: 90 },
};

const after = (...happenings: Happening[]): State =>
  happenings.reduce(advance, { kind: 'idle' } as State);

const CHOSEN: Happening = { kind: 'chosen', run: 1, name: 'a.jpg' };
const FINISHED: Happening = { kind: 'finished', run: 1, facts: FACTS };

test('a picture goes from chosen to done', () => {
  expect(after(CHOSEN)).toEqual({
    kind: 'working',
    run: 1,
    name: 'a.jpg',
    step: { kind: 'opening' },
  });
  const step = { kind: 'enlarging', done: 1, total: 4 } as const;
  expect(after(CHOSEN, { kind: 'stepped', run: 1, step })).toMatchObject({ step });
  expect(after(CHOSEN, FINISHED)).toEqual({ kind: 'done', run: 1, facts: FACTS });
});

test('late messages of the picture before change nothing', () => {
  const second: Happening = { kind: 'chosen', run: 2, name: 'b.jpg' };
  const state = after(CHOSEN, second);
  expect(advance(state, FINISHED)).toBe(state);
  expect(advance(state, { kind: 'failed', run: 1, sentence: 'no' })).toBe(state);
});

test('a compared file replaces the facts of its own picture only', () => {
  const facts = { ...FACTS, sent: { ...FACTS.sent, quality: 62 } };
  const compared: Happening = { kind: 'compared', run: 1, facts };
  expect(after(CHOSEN, FINISHED, compared)).toEqual({ kind: 'done', run: 1, facts });
  const second = after({ kind: 'chosen', run: 2, name: 'b.jpg' });
  expect(advance(second, compared)).toBe(second);
});

test('a failure is an error until the next picture', () => {
  const failed = after(CHOSEN, { kind: 'failed', run: 1, sentence: 'It broke.' });
  expect(failed).toEqual({ kind: 'error', sentence: 'It broke.' });
  expect(advance(failed, CHOSEN)).toMatchObject({ kind: 'working' });
});

test('what is cleared is idle, and its messages come too late', () => {
  expect(after(CHOSEN, { kind: 'cleared' }, FINISHED)).toEqual({ kind: 'idle' });
});

test('the status line names the picture and leaves the tiles to the bar', () => {
  const step = { kind: 'enlarging', done: 1, total: 4 } as const;
  expect(statusOf(after(CHOSEN, { kind: 'stepped', run: 1, step }))).toBe('Enlarging “a.jpg”…');
  expect(statusOf(after())).toBe('');
});
