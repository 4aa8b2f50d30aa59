import type { ColorSpace } from '../core/picture';
import { isOpaque } from './alpha';

/** Colours stay apart from alpha: multiplied by it, faint pixels would lose theirs. */
const EXACT: ImageBitmapOptions = { premultiplyAlpha: 'none' };

/** Reads what a canvas, which holds colours multiplied by alpha, gave back changed. */
export type ExactReader = {
  /** The bytes of some rows of which a canvas gave `data`; undefined where that is all there is. */
  read: (data: Uint8ClampedArray, y: number, rows: number) => Promise<Uint8Array | undefined>;
  close: () => void;
};

/** Reads through a WebGL texture, which keeps colour and alpha apart. */
export function exactReader(bitmap: ImageBitmap, colorSpace: ColorSpace): ExactReader {
  const { width } = bitmap;
  let gl: WebGLRenderingContext | null | undefined;
  return {
    read: async (data, y, rows) => {
      if (isOpaque({ data })) return undefined;
      gl ??= new OffscreenCanvas(1, 1).getContext('webgl');
      if (!gl || Math.max(width, rows) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return undefined;
      const band = await createImageBitmap(bitmap, 0, y, width, rows, EXACT);
      try {
        return readTexture(gl, band, colorSpace);
      } finally {
        band.close();
      }
    },
    close: () => gl?.getExtension('WEBGL_lose_context')?.loseContext(),
  };
}

function readTexture(
  gl: WebGLRenderingContext,
  bitmap: ImageBitmap,
  colorSpace: ColorSpace,
): Uint8Array | undefined {
  const { width, height } = bitmap;
  gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
  if ('unpackColorSpace' in gl) gl.unpackColorSpace = colorSpace;
  const [texture, framebuffer] = [gl.createTexture(), gl.createFramebuffer()];
  try {
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return undefined;
    const data = new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, data);
    return gl.getError() === gl.NO_ERROR ? data : undefined;
  } finally {
    gl.deleteTexture(texture);
    gl.deleteFramebuffer(framebuffer);
  }
}
