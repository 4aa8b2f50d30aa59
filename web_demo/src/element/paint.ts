/** How an img was made to paint something else. */
type Paint = { value: string; animation: Animation | undefined };

const painted = new WeakMap<HTMLImageElement, Paint>();

/**
 * Make an img paint a picture other than the file it loaded.
 *
 * CSS `content` replaces the pixels and nothing else: layout, object-fit, alt text, selection,
 * printing, dragging and the context menu stay those of the img. Divided by its density in image-set,
 * the natural size stays the same as well, so that nothing moves.
 *
 * An animation that has ended holds the value: it is in no attribute, so saved or copied HTML does not
 * contain it, and a script that rewrites `style` does not undo it. Where a browser does not animate
 * `content`, the style does.
 *
 * @param url address of the picture.
 * @param width its width in pixels.
 */
export function paint(image: HTMLImageElement, url: string, width: number): void {
  clearPaint(image);
  const value = `image-set(url("${url}") ${width / image.naturalWidth}x)`;
  let animation: Animation | undefined = image.animate(
    { content: [value, value] },
    { fill: 'forwards' },
  );
  if (!getComputedStyle(image).content.includes(url)) {
    animation.cancel();
    animation = undefined;
    image.style.setProperty('content', value);
  }
  painted.set(image, { value: image.style.getPropertyValue('content'), animation });
}

/** Whether the img still paints what it was given. */
export function isPainted(image: HTMLImageElement): boolean {
  const paint = painted.get(image);
  if (!paint) return false;
  const { animation, value } = paint;
  return animation
    ? animation.playState !== 'idle'
    : image.style.getPropertyValue('content') === value;
}

/** Let the img paint its own file again. */
export function clearPaint(image: HTMLImageElement): void {
  painted.get(image)?.animation?.cancel();
  painted.delete(image);
  // Ours; that of the page this HTML was saved from; or that of the img this one was cloned from.
  if (!/image-set\(\s*url\(["']?blob:/.test(image.style.getPropertyValue('content'))) return;
  image.style.removeProperty('content');
  if (image.getAttribute('style') === '') image.removeAttribute('style');
}
