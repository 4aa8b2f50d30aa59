import { isFullSize, type Photo, type Size } from './decide';

/**
 * A candidate of a srcset: its address and its descriptors. The spaces are those of HTML: addresses may
 * hold others. Addresses may also hold commas, but for their ends.
 */
const CANDIDATE =
  /([^\t\n\f\r ,](?:[^\t\n\f\r ]*[^\t\n\f\r ,])?)(?:[\t\n\f\r ]+((?:\([^)]*\)?|[^,(])*))?(?:,|$)/g;

/**
 * The width that a srcset gives to an address by a `w` descriptor. 0: it has the address with another
 * descriptor, or none. Undefined: it does not have it.
 *
 * Source: HTML, "parse a srcset attribute".
 */
export function describedWidth(
  srcset: string,
  isMeant: (address: string) => boolean,
): number | undefined {
  let width: number | undefined;
  for (const [, address = '', descriptors = ''] of srcset.matchAll(CANDIDATE)) {
    if (isMeant(address)) width ||= Number(/^\d+(?=w(?![^\t\n\f\r ]))/.exec(descriptors));
  }
  return width;
}

/**
 * The photo of which an img shows a file. The descriptor of the candidate that the browser chose names
 * its width, and the attributes `width` and `height` its shape; without one they name its size.
 *
 * @param file size of the file in its own pixels.
 * @param isPublished whether descriptors name widths after restoring. Elsewhere they name the files'
 * own, as most sites write them, and say no more than a plain `src` does.
 */
export function photoOf(image: HTMLImageElement, file: Size, isPublished: boolean): Photo {
  const link = document.createElement('a'); // resolves addresses as the browser does
  const isShown = (address: string) => {
    link.href = address;
    return link.href === image.currentSrc;
  };
  let named: Element = image;
  let exact: number | undefined;
  for (const place of [...(image.closest('picture')?.querySelectorAll('source') ?? []), image]) {
    const { media } = place as HTMLSourceElement;
    if (media && !matchMedia(media).matches) continue;
    exact = describedWidth(place.srcset, isShown);
    if (exact === undefined) continue;
    if (place.matches('[width],[height]')) named = place;
    break;
  }
  const [width, height] = ['width', 'height'].map(
    (side) => Number(named.getAttribute(side)) || Number.NaN,
  ) as [number, number];
  const photo = { file, width, height, exact: exact || Number.NaN };
  if (!isPublished && isFullSize(photo)) photo.exact = Number.NaN;
  if (photo.exact) {
    photo.height = Math.round((photo.exact * height) / width);
    photo.width = photo.exact;
  }
  return photo;
}
