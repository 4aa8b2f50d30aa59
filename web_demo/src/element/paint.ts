const painted = new WeakMap<HTMLImageElement, { url: string; value: string }>();

/**
 * Make an img paint a picture other than the file it loaded.
 *
 * CSS `content` replaces the pixels and nothing else: layout, object-fit, alt text, selection,
 * printing, dragging and the context menu stay those of the img. Divided by `scale` in image-set,
 * the natural size stays the same as well, so that nothing moves.
 */
export async function paint(
  image: HTMLImageElement,
  picture: Blob,
  scale: number,
  signal: AbortSignal,
): Promise<void> {
  const url = URL.createObjectURL(picture);
  // Decoded before it is shown: no frame is without a picture.
  const ahead = new Image();
  ahead.src = url;
  await ahead.decode().catch(() => undefined);
  if (signal.aborted) {
    URL.revokeObjectURL(url);
    return;
  }
  clearPaint(image);
  const density = (scale * fileWidthPerNaturalWidth(image, ahead, scale)).toString();
  image.style.setProperty('content', `image-set(url("${url}") ${density}x)`);
  painted.set(image, { url, value: image.style.getPropertyValue('content') });
}

/** Whether the img still paints what it was given. */
export function isPainted(image: HTMLImageElement): boolean {
  const paint = painted.get(image);
  return paint !== undefined && image.style.getPropertyValue('content') === paint.value;
}

/** Let the img paint its own file again. */
export function clearPaint(image: HTMLImageElement): void {
  const paint = painted.get(image);
  if (!paint) return;
  painted.delete(image);
  if (image.style.getPropertyValue('content') === paint.value) {
    image.style.removeProperty('content');
    if (image.getAttribute('style') === '') image.removeAttribute('style');
  }
  URL.revokeObjectURL(paint.url);
}

/** With a density in srcset, an img's natural width is not its file's width in pixels. */
function fileWidthPerNaturalWidth(
  image: HTMLImageElement,
  enlarged: HTMLImageElement,
  scale: number,
): number {
  return enlarged.naturalWidth > 0 ? enlarged.naturalWidth / scale / image.naturalWidth : 1;
}
