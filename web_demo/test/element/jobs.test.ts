import { beforeEach, expect, test, vi } from 'vitest';
import { Jobs, type Make } from '../../src/element/jobs';
import type { Box } from '../../src/element/order';

beforeEach(() => {
  vi.useFakeTimers();
});

/** An img is a number here: its place on the page. */
const image = (place: number) => place as unknown as HTMLImageElement;

/** A page that wants the img of the smallest number first, and a way to complete its jobs. */
function page() {
  const started: string[] = [];
  const ends = new Map<string, (outcome: string) => void>();
  const signals = new Map<string, AbortSignal>();
  let isHidden = false;
  const jobs = new Jobs<string>({
    boxOf: (image) => ({ top: image as unknown as number }) as Box,
    first: (boxes) => boxes.findIndex(({ top }) => top === Math.min(...boxes.map((b) => b.top))),
    isHidden: () => isHidden,
  });
  const make =
    (key: string): Make<string> =>
    (signal) => {
      started.push(key);
      signals.set(key, signal);
      return new Promise((resolve) => ends.set(key, resolve));
    };
  const join = (key: string, place = 0, controller = new AbortController()) =>
    jobs.join(key, { image: image(place), started: () => undefined }, make(key), controller.signal);
  const end = async (key: string) => {
    ends.get(key)?.(`${key}!`);
    await vi.runAllTimersAsync();
  };
  const hide = (hidden: boolean) => {
    isHidden = hidden;
    jobs.look();
  };
  return { jobs, join, started, signals, end, hide };
}

test('two run at a time, the most wanted first, whoever asked first', async () => {
  const { join, started, end } = page();
  for (const place of [4, 2, 3, 1]) void join(`p${place}`, place);
  await vi.runAllTimersAsync();
  expect(started).toEqual(['p1', 'p2']);
  await end('p2');
  expect(started).toEqual(['p1', 'p2', 'p3']);
});

test('a file on many imgs is enlarged once, for all of them', async () => {
  const { join, started, end } = page();
  const outcomes = Array.from({ length: 20 }, (_, place) => join('card', place));
  await vi.runAllTimersAsync();
  await end('card');
  expect(started).toEqual(['card']);
  expect(new Set(await Promise.all(outcomes))).toEqual(new Set(['card!']));
});

test('one of many imgs leaves, and the others get the result', async () => {
  const { join, signals, end } = page();
  const leaver = new AbortController();
  void join('card', 1, leaver);
  const other = join('card', 2);
  await vi.runAllTimersAsync();
  leaver.abort();
  await vi.runAllTimersAsync();
  expect(signals.get('card')?.aborted).toBe(false);
  await end('card');
  expect(await other).toBe('card!');
});

test('a job for which nobody waits never starts', async () => {
  const { join, started } = page();
  const leaver = new AbortController();
  const outcome = join('gone', 1, leaver);
  leaver.abort();
  void join('stays', 2);
  const refused = expect(outcome).rejects.toMatchObject({ name: 'AbortError' });
  await vi.runAllTimersAsync();
  expect(started).toEqual(['stays']);
  await refused;
});

test('a job that runs goes on for an img that is moved, and is aborted for one that is gone', async () => {
  const { join, started, signals } = page();
  const first = new AbortController();
  join('slide', 0, first).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(10);
  first.abort();
  const second = new AbortController();
  join('slide', 0, second).catch(() => undefined);
  await vi.runAllTimersAsync();
  expect([started, signals.get('slide')?.aborted]).toEqual([['slide'], false]);
  second.abort();
  await vi.runAllTimersAsync();
  expect(signals.get('slide')?.aborted).toBe(true);
});

test('a failure reaches all who wait, and makes room for the next', async () => {
  const { jobs, join, started } = page();
  const never = new AbortController().signal;
  const broken: Make<string> = () => Promise.reject(new Error('broken'));
  const waiting = [1, 2].map((place) =>
    jobs.join('bad', { image: image(place), started: () => undefined }, broken, never),
  );
  const failures = Promise.allSettled(waiting);
  for (const place of [3, 4]) void join(`p${place}`, place);
  await vi.runAllTimersAsync();
  expect((await failures).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(started).toEqual(['p3', 'p4']);
});

test('in a hidden tab nothing starts before somebody looks', async () => {
  const { join, started, hide } = page();
  hide(true);
  void join('p', 1);
  await vi.runAllTimersAsync();
  expect(started).toEqual([]);
  hide(false);
  await vi.runAllTimersAsync();
  expect(started).toEqual(['p']);
});
