import type { Backend } from './backend-names';
import type { WasmBinaries } from './backends';
import type { ModelFiles } from './card';
import type { Picture } from './picture';

/** What the page says to the worker. */
export type ToWorker =
  /** Start one backend with one model. Answered by `started`, `refused` or `rejected`. */
  | { kind: 'start'; backend: Backend; card: unknown; files: ModelFiles; wasm?: WasmBinaries }
  /** Enlarge a picture; its buffer is handed over. Jobs run one after another. */
  | { kind: 'upscale'; job: number; picture: Picture }
  /** Give up a job, waiting or running. Answered by `aborted` if it was still there. */
  | { kind: 'abort'; job: number };

/** What the worker says to the page. */
export type FromWorker =
  | { kind: 'started'; backend: Backend }
  /** The backend does not start here; another may. */
  | { kind: 'refused'; backend: Backend; reason: string }
  /** The model cannot be used on any backend. */
  | { kind: 'rejected'; reason: string }
  | { kind: 'progress'; job: number; done: number; total: number }
  | { kind: 'finished'; job: number; picture: Picture; milliseconds: number }
  | { kind: 'failed'; job: number; reason: string }
  | { kind: 'aborted'; job: number };
