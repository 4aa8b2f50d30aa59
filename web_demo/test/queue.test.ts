import { expect, test } from 'vitest';
import {
  clearRunning,
  dropWaiting,
  EMPTY,
  enqueue,
  type Queue,
  startNext,
} from '../src/worker/queue';

const jobs = (...ids: number[]) => ids.map((job) => ({ job }));

test('jobs run one at a time, in the order they came', () => {
  let queue: Queue<{ job: number }> = EMPTY;
  for (const job of jobs(1, 2, 3)) queue = enqueue(queue, job);
  queue = startNext(queue);
  expect(queue).toEqual({ running: { job: 1 }, waiting: jobs(2, 3) });
  expect(startNext(queue)).toBe(queue);
  queue = startNext(clearRunning(queue));
  expect(queue).toEqual({ running: { job: 2 }, waiting: jobs(3) });
});

test('an empty queue starts nothing', () => {
  expect(startNext(EMPTY)).toEqual({ running: undefined, waiting: [] });
});

test('a waiting job can be dropped, the running one cannot', () => {
  const queue = { running: { job: 1 }, waiting: jobs(2, 3) };
  expect(dropWaiting(queue, 2).waiting).toEqual(jobs(3));
  expect(dropWaiting(queue, 1)).toEqual(queue);
});
