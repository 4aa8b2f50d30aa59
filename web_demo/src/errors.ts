/** Why something could not be done: the `code` of every error that the library throws. */
export type ErrorCode =
  | 'UnsupportedImage'
  | 'ModelMismatch'
  | 'Aborted'
  | 'OutOfMemory'
  | 'NoBackend';

/** An error whose message is one or two plain sentences: what is wrong, and what to do. */
export class HalfsizeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = code;
  }
}

/** The picture cannot be read: not an image, damaged, too large, or from another site. */
export class UnsupportedImage extends HalfsizeError {
  constructor(message: string, options?: ErrorOptions) {
    super('UnsupportedImage', message, options);
  }
}

/** The model is not what its card says, or not one that this library runs. */
export class ModelMismatch extends HalfsizeError {
  constructor(message: string, options?: ErrorOptions) {
    super('ModelMismatch', message, options);
  }
}

/** The caller's signal ended the work; `cause` is the signal's reason. */
export class Aborted extends HalfsizeError {
  constructor(cause?: unknown) {
    super('Aborted', 'The work was given up, as asked.', { cause });
  }
}

/** Not even the smallest tiles, or not the result, fit into memory. */
export class OutOfMemory extends HalfsizeError {
  constructor(message: string, options?: ErrorOptions) {
    super('OutOfMemory', message, options);
  }
}

/** The backend that was asked for does not run the model here. */
export class NoBackend extends HalfsizeError {
  constructor(message: string, options?: ErrorOptions) {
    super('NoBackend', message, options);
  }
}

const CLASSES = { UnsupportedImage, ModelMismatch, OutOfMemory, NoBackend };

/** The error that crossed a message channel as its code and message. */
export function errorOf(code: ErrorCode, message: string): HalfsizeError {
  return code === 'Aborted' ? new Aborted() : new CLASSES[code](message);
}

/** The sentence of a HalfsizeError; for anything else, what is known about it after `lead`. */
export function sentenceOf(error: unknown, lead: string): string {
  if (error instanceof HalfsizeError) return error.message;
  return `${lead}: ${reasonOf(error)}.`;
}

/** What an error says, without its full stop. */
export function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.replace(/[.\s]+$/, '');
}
