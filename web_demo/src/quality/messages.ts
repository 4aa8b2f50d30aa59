import type { Ratio } from './reduce';
import type { Pixels } from './ssimulacra2';

/** The part of a photo that is scored. */
export type Part = { x: number; y: number; width: number; height: number };

/** What a photo is, once it is open. */
export type Opened = { judged: Part; isOpaque: boolean };

/** What the page asks the worker of one photo; answers come back under the same number. */
export type Question =
  | { kind: 'open'; photo: ImageBitmap }
  /** Some rows of a photo that comes in parts; with the last ones it is open. */
  | { kind: 'rows'; y: number; data: Uint8ClampedArray; width: number; height: number }
  /** The photo, or the part that is scored, made smaller and written; a ratio of 1 is full size. */
  | { kind: 'write'; ratio: Ratio; isWhole: boolean; type: string; quality: number }
  /** How alike the part that is scored looks: a file of it, or its pixels. */
  | { kind: 'score'; picture: Blob | Pixels };

export type Answers = { open: Opened; rows: Opened | undefined; write: Blob; score: number };

export type ToJudge = { id: number; question: Question };

export type FromJudge =
  | { id: number; answer: Answers[keyof Answers] }
  | { id: number; reason: string };
