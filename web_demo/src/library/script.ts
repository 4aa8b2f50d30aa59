/** The classic script: leaves `Halfsize` for the page, and starts the element. */
import * as library from './main';

declare global {
  var Halfsize: typeof library.Halfsize & typeof library;
}

globalThis.Halfsize = Object.assign(library.Halfsize, library);
const model = document.currentScript?.dataset.model;
if (model) library.HalfSizeElement.model = new URL(model, document.baseURI).href;
library.defineHalfSize();
