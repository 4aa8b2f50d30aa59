import type { Engine, Enlarger } from '../core/engine';
import { serve } from '../worker/serve';
import { enlargePixels } from './enlarge';
import type { Check } from './server';

/** Serve an engine that may paint a bitmap with no pixels in main memory. */
export function servePainter(engine: Engine, check: Check): void {
  /** The model that was opened last. */
  let opened: Enlarger | undefined;
  const open: Engine['open'] = async (files, card) => {
    opened = await engine.open(files, card);
    return opened;
  };
  serve({ ...engine, open }, check, async (message, model, work, breathe) => {
    const { picture, colorSpace, output } = message;
    const isPixels = 'data' in picture || output === 'imagedata';
    const painted = isPixels ? undefined : await opened?.paint?.(picture, colorSpace, work);
    return painted ?? enlargePixels(message, model, work, breathe);
  });
}
