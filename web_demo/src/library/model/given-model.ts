import { bytesFromBase64 } from '../../core/base64';
import type { FindFile, ModelBytes, PackedModel } from '../types';

/** The files of a model that a page has already. */
export function givenFiles(model: ModelBytes): FindFile {
  return async (name) => {
    const file = model[name];
    if (typeof file === 'string') return new Uint8Array(new TextEncoder().encode(file));
    return file instanceof ArrayBuffer ? new Uint8Array(file) : file;
  };
}

/** The files of a model as the build packed it. */
export function packedFiles({ card, files }: PackedModel): FindFile {
  const bytes = Object.entries(files).map(([name, text]) => [name, bytesFromBase64(text)]);
  return givenFiles({ ...Object.fromEntries(bytes), 'halfsize.json': JSON.stringify(card) });
}
