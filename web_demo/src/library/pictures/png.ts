import { OutOfMemory } from '../../core/errors';
import { requireReadback } from '../../core/readback';
import { sentences } from '../sentences';

/** Write a canvas as a PNG on the page: where no engine runs, or where it cannot. */
export async function pngOf(canvas: HTMLCanvasElement): Promise<Blob> {
  await requireReadback();
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve));
  if (!blob) throw new OutOfMemory(sentences['not held'](canvas.width, canvas.height));
  return blob;
}
