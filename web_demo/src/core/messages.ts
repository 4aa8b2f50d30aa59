import type { Backend } from './backends';
import type { Card, ModelFiles } from './card';
import type { FailureCode } from './errors';
import type { Bitmap, ColorSpace, Encoded, Picture } from './picture';
import type { Size } from './scale';

/** What a result can be: the last is a PNG. */
export type Output = 'canvas' | 'bitmap' | 'imagedata' | 'blob';

/** Messages from the library to an engine, in a worker or, through a channel, on the page. */
export type ToEngine =
  /** Load a model whose files were verified. Answered by `started`, `refused` or `rejected`. */
  | { kind: 'start'; card: Card; files: ModelFiles; targetMs: number; tilePx?: number }
  /**
   * Enlarge a picture; its buffer or bitmap is transferred. Jobs share the engine tile by tile. Unless
   * `output` needs the pixels, a bitmap may be answered with a bitmap; where `output` is `blob`, the
   * answer is a file if the browser writes it off the page.
   */
  | {
      kind: 'upscale';
      job: number;
      picture: Picture | Bitmap;
      colorSpace: ColorSpace;
      output: Output;
      /** Of the result. */
      size?: Size;
    }
  /** Work for the engine at the other end of `port`: load the model, then take its tiles. */
  | { kind: 'help'; card: Card; files: ModelFiles; port: MessagePort }
  /** A helper listens at the other end of `port`. */
  | { kind: 'helper'; port: MessagePort }
  /** Abort a job, waiting or running. Answered by `failed` with `Aborted` if the job exists. */
  | { kind: 'abort'; job: number };

/** The answer of an engine that has started. */
export type Started = {
  kind: 'started';
  backend: Backend;
  /** Whether the model has golden vectors and the engine reproduced them. */
  checked: boolean;
  /** Measured on one tile, per megapixel of the result. */
  msPerMegapixel: number;
  tilePx: number;
};

/** Messages from an engine to the library. */
export type FromEngine =
  /** The script runs. Without this message, the worker was forbidden or its script is missing. */
  | { kind: 'ready'; backend: Backend }
  | Started
  /** The model is loaded, and tiles are taken. */
  | { kind: 'helping' }
  /** The backend does not start here, or computes wrongly; another one may work. */
  | { kind: 'refused'; reason: string }
  /** The model cannot be used on any backend. */
  | { kind: 'rejected'; reason: string }
  | { kind: 'progress'; job: number; done: number; total: number }
  | {
      kind: 'finished';
      job: number;
      picture: Picture | Bitmap | Encoded;
      milliseconds: number;
      tilePx: number;
    }
  | { kind: 'failed'; job: number; code: FailureCode; reason: string };

/** A worker's global scope, or one end of a channel where the engine runs on the page. */
export type Port = {
  postMessage(message: FromEngine, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToEngine>) => unknown) | null;
};
