/** Messages of rare errors: what is wrong, and what to do. ./lazy loads them. */
import { BACKEND_LABELS, BACKENDS, type Backend } from '../core/backends';
import { parseCard } from '../core/card-problem';
import { reasonOf } from '../core/errors';
import type { Scale, Size } from '../core/scale';

export const sentences = {
  'another site': () =>
    'The picture is from another site, which does not let this page read it. Serve it with ' +
    'Access-Control-Allow-Origin, and add crossorigin="anonymous" to the img.',
  'not fetched': (address: string | URL, error: unknown) =>
    `${address} cannot be loaded: ${reasonOf(error)}. Check the address; another site must send ` +
    'Access-Control-Allow-Origin.',
  'not decoded': (address: string) =>
    `The image ${address} cannot be loaded or read. Check its address.`,
  'not read': (error: unknown) => `The picture cannot be read: ${reasonOf(error)}.`,
  'no readback': () =>
    'This browser does not give pages the true pixels of a picture, to protect its user from being ' +
    'recognised. Allow this site to extract canvas data, or leave the picture as it is.',
  'not drawn': (width: number, height: number) =>
    `The result is too large for this browser: a picture of ${width} × ${height} pixels cannot be ` +
    'drawn. Choose a smaller one, or take the result as ImageData.',
  'not held': (width: number, height: number) =>
    `This browser cannot hold a picture of ${width} × ${height} pixels. Choose a smaller one.`,
  'other size': (size: Size, { width, height }: Size, { up }: Scale) =>
    `A size of ${size.width} × ${size.height} pixels is not this picture’s: it becomes ` +
    `${width} × ${height}, and may be cut by up to ${up - 1} pixels on either axis.`,
  'no such backend': (name: string) =>
    `“${name}” is not a backend. Choose one of ${BACKENDS.join(', ')}.`,
  'no backend': (backend: Backend, reason: string) =>
    `${BACKEND_LABELS[backend]} cannot be used in this browser: ${reason}. ` +
    'Choose “Automatic” instead.',
  'not a card': (value: unknown) => {
    try {
      parseCard(value);
    } catch (error) {
      return `${reasonOf(error)}.`;
    }
    return 'The model card halfsize.json cannot be used.';
  },
  incomplete: (model: string, file: string) =>
    `The model “${model}” is incomplete: ${file} is missing.`,
  altered: (model: string, file: string) =>
    `The model “${model}” was altered: ${file} is not the file that its card describes. Export it again.`,
  'not JSON': (error: unknown, text: string) =>
    text === ''
      ? 'The model’s halfsize.json is missing or empty.'
      : `The model’s halfsize.json is not JSON: ${reasonOf(error)}.`,
};

export type Sentences = typeof sentences;
