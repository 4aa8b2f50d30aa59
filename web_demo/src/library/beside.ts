/**
 * Where a script of this build is: beside the one that asks for it, or in the folder `base`.
 *
 * The build puts ./beside-module in this place where bundlers are to find such files.
 */
export function besideUrl(name: string, base?: string | URL): string {
  return new URL(name, base === undefined ? import.meta.url : folderUrl(base)).href;
}

export function folderUrl(base: string | URL): string {
  return new URL(base, document.baseURI).href.replace(/\/?$/, '/');
}
