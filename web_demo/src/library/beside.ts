/** A name of the build: the same scripts, the same name. */
declare const halfsizeBuild: string;

/**
 * The address of a script of this build: in the folder of this script, or in `base`.
 *
 * For modules the build uses ./beside-module instead, so that bundlers find the files.
 */
export function besideUrl(name: string, base?: string | URL): string {
  return ofBuild(new URL(name, base === undefined ? import.meta.url : folderUrl(base)));
}

export function folderUrl(base: string | URL): string {
  return new URL(base, document.baseURI).href.replace(/\/?$/, '/');
}

/** With the build's name behind it: a browser's cache may hold the script of another build. */
export function ofBuild(url: URL): string {
  if (url.protocol !== 'data:') url.search ||= halfsizeBuild;
  return url.href;
}
