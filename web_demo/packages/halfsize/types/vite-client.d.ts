/** Photos as the plug-in `halfsize/vite` gives them to scripts. */
declare module 'virtual:photo/*' {
  /**
   * The HTML of the photo.
   *
   * @param alt describes it for those who do not see it; empty if it only decorates.
   * @param attributes for its img, or `sizes`.
   */
  export default function photo(
    alt: string,
    attributes?: Record<string, string | number | boolean | undefined>,
  ): string;
  /** Size of the photo as it is shown. */
  export const width: number;
  export const height: number;
}
