import type { Precision } from './precision';

/** A context that draws off the page, or undefined where it does not draw to floats of this precision. */
export function openContext(precision: Precision): WebGL2RenderingContext | undefined {
  const settings = { powerPreference: 'high-performance' } as const;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2', settings);
  if (!gl) throw new Error('the browser does not offer it');
  const isOffered =
    gl.getExtension('EXT_color_buffer_float') ??
    (precision === 'float16' && gl.getExtension('EXT_color_buffer_half_float'));
  return isOffered ? gl : undefined;
}
