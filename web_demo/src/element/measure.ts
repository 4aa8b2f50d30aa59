import { drawnSize, type Size } from './decide';

/** The size at which an img is drawn now, in pixels of the screen: with zoom and transforms. */
export function drawnPixels(image: HTMLImageElement): Size {
  const style = getComputedStyle(image);
  const [top, right, bottom, left] = [
    style.paddingTop,
    style.paddingRight,
    style.paddingBottom,
    style.paddingLeft,
  ].map(Number.parseFloat) as [number, number, number, number];
  const box = {
    width: image.clientWidth - left - right,
    height: image.clientHeight - top - bottom,
  };
  const natural = { width: image.naturalWidth, height: image.naturalHeight };
  const drawn = drawnSize(box, natural, style.objectFit);
  // Turned by a quarter, width and height change places: areas compare in any position.
  const { width, height } = image.getBoundingClientRect();
  const transform = Math.sqrt((width * height) / (image.offsetWidth * image.offsetHeight)) || 0;
  const zoom = visualViewport?.scale ?? 1;
  const density = devicePixelRatio * zoom * hiddenZoom(image) * transform;
  return { width: drawn.width * density, height: drawn.height * density };
}

/** The CSS `zoom` that no size tells of: browsers without `currentCSSZoom` (WebKit) leave it out. */
function hiddenZoom(image: Element): number {
  if ('currentCSSZoom' in image) return 1;
  let zoom = 1;
  for (let at: Element | null | undefined = image; at; at = outside(at)) {
    zoom *= Number(getComputedStyle(at).zoom) || 1;
  }
  return zoom;
}

/** The element around another on the page, out of shadow roots too. */
function outside(element: Element): Element | null | undefined {
  const { assignedSlot, parentElement } = element;
  return assignedSlot ?? parentElement ?? (element.getRootNode() as ShadowRoot).host;
}

const files = new WeakMap<HTMLImageElement, { address: string; size: Size }>();

/** The size of an img's present file, in its own pixels: `srcset` changes the img's natural size. */
export async function fileSize(image: HTMLImageElement): Promise<Size> {
  const { currentSrc: address, naturalWidth: width, naturalHeight: height } = image;
  if (!image.srcset && image.parentElement?.localName !== 'picture') return { width, height };
  const known = files.get(image);
  if (known?.address === address) return known.size;
  const file = new Image();
  file.crossOrigin = image.crossOrigin; // with another one the browser would load the file again
  file.referrerPolicy = image.referrerPolicy;
  await new Promise((resolve) => {
    file.onload = file.onerror = resolve;
    file.src = address;
  });
  const size = file.naturalWidth
    ? { width: file.naturalWidth, height: file.naturalHeight }
    : { width, height };
  files.set(image, { address, size });
  return size;
}

/**
 * Whether an address was downloaded after `time`: only then may it hold another file. Otherwise the
 * browser takes what the document has (HTML, "list of available images").
 */
export function isFetchedSince(address: string, time: number): boolean {
  const entries = performance.getEntriesByName(address) as PerformanceResourceTiming[];
  return entries.some(({ startTime, transferSize }) => startTime > time && transferSize > 0);
}
