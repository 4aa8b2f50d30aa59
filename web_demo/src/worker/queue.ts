/** The jobs of a worker: at most one runs, the others wait in the order they came. */
export type Queue<Job extends { job: number }> = {
  readonly running: Job | undefined;
  readonly waiting: readonly Job[];
};

export const EMPTY: Queue<never> = { running: undefined, waiting: [] };

export function enqueue<Job extends { job: number }>(queue: Queue<Job>, job: Job): Queue<Job> {
  return { ...queue, waiting: [...queue.waiting, job] };
}

/** Move the first waiting job to `running`, if nothing runs. */
export function startNext<Job extends { job: number }>(queue: Queue<Job>): Queue<Job> {
  if (queue.running) return queue;
  const [running, ...waiting] = queue.waiting;
  return { running, waiting };
}

/** Forget the running job: it finished, failed or was given up. */
export function clearRunning<Job extends { job: number }>(queue: Queue<Job>): Queue<Job> {
  return { ...queue, running: undefined };
}

/** Forget a job that has not started. */
export function dropWaiting<Job extends { job: number }>(
  queue: Queue<Job>,
  id: number,
): Queue<Job> {
  return { ...queue, waiting: queue.waiting.filter(({ job }) => job !== id) };
}
