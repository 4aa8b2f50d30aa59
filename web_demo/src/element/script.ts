/** The classic script for pages with the element: half-size.js, which loads halfsize.js. */
import { besideUrl } from '../library/beside';
import { runScript } from '../library/parts';
import * as element from './half-size';
import { useLibrary } from './shared-model';
import { resolveStudents } from './student';

declare global {
  var HalfSizeElement: typeof element.HalfSizeElement;
}

useLibrary(async (base) => {
  if (!globalThis.Halfsize) await runScript(besideUrl('halfsize.js', base), 'half-size');
  return globalThis.Halfsize;
});
element.defineHalfSize();
// This script may be on the page twice: the first one's element is the one that is used.
globalThis.HalfSizeElement = customElements.get('half-size') as typeof element.HalfSizeElement;
const model = document.currentScript?.dataset.model;
if (model) HalfSizeElement.model = resolveStudents(model);
