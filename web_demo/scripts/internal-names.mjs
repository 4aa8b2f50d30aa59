/**
 * Properties that only our own scripts see: the build shortens them.
 *
 * None may be a name of the browser's, of a card, of a message between library and engine (a TF.js
 * engine is not shortened), or of the library's face: test/internal-names.test.ts.
 */

/** In the small runtime's engines: the network, the kernels, and the tiler around them. */
export const ENGINE_NAMES = [
  ...['readStart', 'readEnd', 'keepStart', 'keepEnd', 'marginPx', 'alignPx', 'onTile', 'lanes'],
  ...['runBytes', 'breathe', 'post', 'handle', 'enlarge', 'pause'],
  ...['number', 'bias', 'engine', 'check', 'dispose', 'outputs'],
  ...['kernels', 'convolutions', 'convolve', 'blockPixels', 'colours', 'golden', 'requireEnd'],
  ...[
    'layers',
    'isInt8',
    'hasSlopes',
    'channels',
    'halves',
    'weights',
    'slopes',
    'floats',
    'pixels',
  ],
  ...['inputBytes', 'outputBytes', 'parts', 'arena', 'isLuma', 'vectors', 'enlargeBytes', 'mixed'],
  ...['layOut', 'rings', 'zeros', 'native', 'blueDown', 'redDown', 'inputs', 'table', 'resultRow'],
];

/** In the library, and in what it finds in halfsize-extras.js. */
export const LIBRARY_NAMES = [
  ...[
    'employ',
    'transparent',
    'started',
    'sentences',
    'browserScaled',
    'packedFiles',
    'givenFiles',
  ],
  ...['openedOnPage', 'unreadable', 'session', 'hire', 'identity', 'form', 'memory'],
];

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ$_';

/**
 * Settings of esbuild. Short names are the same in all scripts with the same list: these meet.
 *
 * @param {string[]} names
 */
export function shortened(names) {
  /** @type {Record<string, string | false>} */
  const mangleCache = {};
  for (const [index, name] of names.entries()) mangleCache[name] = LETTERS[index] ?? false;
  return { mangleProps: new RegExp(`^(${names.join('|')})$`), mangleCache };
}
