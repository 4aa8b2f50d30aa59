/**
 * The address of a script of this build: in the folder of this script, or in `base`.
 *
 * For modules the build uses ./beside-module instead, so that bundlers find the files.
 */
export function besideUrl(name: string, base?: string | URL): string {
  return new URL(name, base === undefined ? import.meta.url : folderUrl(base)).href;
}

export function folderUrl(base: string | URL): string {
  return new URL(base, document.baseURI).href.replace(/\/?$/, '/');
}
