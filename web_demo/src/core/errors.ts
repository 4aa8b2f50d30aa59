/** The `code` of every error that the library throws. */
export type ErrorCode =
  | 'UnsupportedImage'
  | 'ModelMismatch'
  | 'Aborted'
  | 'OutOfMemory'
  | 'NoBackend'
  | 'NoReadback';

/** An error whose message is one or two plain sentences: what is wrong, and what to do. */
export class HalfsizeError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = code;
  }
}

/** How a picture may fail in an engine. */
export type FailureCode = ErrorCode | 'Transparent';

/** The class of the errors with a code. */
type Errors = new (message: string, options?: ErrorOptions) => HalfsizeError;

const CLASSES: Partial<Record<FailureCode, Errors>> = {};

function errorsOf(code: FailureCode): Errors {
  const Class = class extends HalfsizeError {
    constructor(message: string, options?: ErrorOptions) {
      super(code as ErrorCode, message, options);
    }
  };
  CLASSES[code] = Class;
  return Class;
}

/** The picture cannot be read: not an image, damaged, too large, or from another site. */
export const UnsupportedImage = errorsOf('UnsupportedImage');
export type UnsupportedImage = HalfsizeError;

/** The model is not what its card says, or not one that this library runs. */
export const ModelMismatch = errorsOf('ModelMismatch');
export type ModelMismatch = HalfsizeError;

/** Not even the smallest tiles, or not the result, fit into memory. */
export const OutOfMemory = errorsOf('OutOfMemory');
export type OutOfMemory = HalfsizeError;

/** The requested backend does not run the model here. */
export const NoBackend = errorsOf('NoBackend');
export type NoBackend = HalfsizeError;

/** The browser does not give pages the true pixels of a picture. */
export const NoReadback = errorsOf('NoReadback');
export type NoReadback = HalfsizeError;

/**
 * The picture is transparent and the engine handles only opaque ones. The library catches this and
 * takes another engine.
 */
export const Transparent = errorsOf('Transparent');

/** The caller's signal ended the work; `cause` is the signal's reason. */
export class Aborted extends HalfsizeError {
  constructor(cause?: unknown) {
    super('Aborted', 'The work was cancelled on request.', { cause });
  }
}

/** Rebuild an error that crossed a message channel; `cause` is why it was aborted. */
export function errorOf(code: FailureCode, message: string, cause: unknown): HalfsizeError {
  const Class = CLASSES[code];
  return Class ? new Class(message) : new Aborted(cause);
}

/** The message of a HalfsizeError; for any other error, `lead` and its reason. */
export function sentenceOf(error: unknown, lead: string): string {
  if (error instanceof HalfsizeError) return error.message;
  return `${lead}: ${reasonOf(error)}.`;
}

/** The message of an error, without its full stop. */
export function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return reason.replace(/[.\s]+$/, '');
}
