/** Types that several rooms of the library share. */
import type { ColorSpace, Picture } from '../core/picture';

/** Pixels ready for an engine, and how they are to be read. */
export type Opened = {
  picture: ImageBitmap | Picture;
  width: number;
  height: number;
  colorSpace: ColorSpace;
};

/** The files of an export folder by name, `halfsize.json` among them. */
export type ModelBytes = Record<string, ArrayBuffer | Uint8Array<ArrayBuffer> | string>;

/**
 * Gives a model's files by name; undefined for one that is not there. With `cache` as for `fetch`, a
 * file that was fetched before is fetched again.
 */
export type FindFile = (
  name: string,
  cache?: RequestCache,
) => Promise<Uint8Array<ArrayBuffer> | undefined>;

/** A model as the build packed it: its card, and its files as base64 text. */
export type PackedModel = { folder: string; card: unknown; files: Record<string, string> };
