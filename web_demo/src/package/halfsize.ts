/** The library for bundlers: halfsize.mjs, which re-exports the element from half-size.mjs. */
export * from '../library/entries/api';
export * from './half-size';
