import { isOpaque } from '../alpha';
import { UnsupportedImage } from '../errors';
import type { ColorSpace } from '../messages';
import type { Picture } from '../picture';

/** The exact pixels of a bitmap, which is closed. */
export function readBitmap(bitmap: ImageBitmap, colorSpace: ColorSpace): Picture {
  try {
    const picture = readByCanvas(bitmap, colorSpace);
    // A canvas holds colours multiplied by alpha: faint pixels come back changed.
    return isOpaque(picture) ? picture : (readByTexture(bitmap, colorSpace) ?? picture);
  } finally {
    bitmap.close();
  }
}

function readByCanvas(bitmap: ImageBitmap, colorSpace: ColorSpace): Picture {
  const { width, height } = bitmap;
  // Kept in main memory: the pixels are read back once and nothing else happens to them.
  const settings = { willReadFrequently: true, colorSpace };
  try {
    const context = new OffscreenCanvas(width, height).getContext('2d', settings);
    if (!context) throw new Error('no canvas');
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, width, height, { colorSpace });
    return { width, height, data: data as Uint8ClampedArray<ArrayBuffer> };
  } catch (error) {
    throw new UnsupportedImage(
      `A picture of ${width} × ${height} pixels is too large for this browser to read. Choose a smaller one.`,
      { cause: error },
    );
  }
}

/** Read through a WebGL texture, which keeps colour and alpha apart. Undefined: not here. */
function readByTexture(bitmap: ImageBitmap, colorSpace: ColorSpace): Picture | undefined {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext('webgl');
  if (!gl) return undefined;
  try {
    const side = Math.max(width, height);
    if (side > gl.getParameter(gl.MAX_TEXTURE_SIZE)) return undefined;
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    if ('unpackColorSpace' in gl) gl.unpackColorSpace = colorSpace;
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
    const texture = gl.getParameter(gl.TEXTURE_BINDING_2D);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
    if (gl.checkFramebufferStatus(gl.FRAMEBUFFER) !== gl.FRAMEBUFFER_COMPLETE) return undefined;
    const data = new Uint8ClampedArray(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(data.buffer));
    return gl.getError() === gl.NO_ERROR ? { width, height, data } : undefined;
  } finally {
    gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}
