import { isOpaque } from '../alpha';
import { UnsupportedImage } from '../errors';
import type { ColorSpace } from '../messages';
import { blankPicture, type Picture } from '../picture';

/** Read in bands of about this many pixels: none takes long, and no canvas is as large as the picture. */
const BAND_PX = 1_000_000;

/** Colours stay apart from alpha: multiplied by it, faint pixels would lose theirs. */
const EXACT: ImageBitmapOptions = { premultiplyAlpha: 'none' };

/** The exact pixels of a bitmap, which is closed. Waits for `breathe` between two bands. */
export async function readBitmap(
  bitmap: ImageBitmap,
  colorSpace: ColorSpace,
  breathe: () => Promise<void>,
): Promise<Picture> {
  const { width, height } = bitmap;
  const rows = Math.min(height, Math.max(1, Math.floor(BAND_PX / width)));
  const picture = blankPicture(width, height);
  const byCanvas = canvasReader(width, rows, colorSpace);
  let byTexture: ReturnType<typeof textureReader> | undefined;
  try {
    for (let y = 0; y < height; y += rows) {
      if (y > 0) await breathe();
      const count = Math.min(rows, height - y);
      let band = byCanvas.read(bitmap, y, count);
      if (!isOpaque(band)) {
        // A canvas holds colours multiplied by alpha: faint pixels come back changed.
        byTexture ??= textureReader(colorSpace);
        band = (await byTexture.read(bitmap, y, count)) ?? band;
      }
      picture.data.set(band.data, y * width * 4);
    }
    return picture;
  } finally {
    byTexture?.close();
    bitmap.close();
  }
}

function canvasReader(width: number, height: number, colorSpace: ColorSpace) {
  const tooLarge = (cause: unknown) =>
    new UnsupportedImage(
      `A picture ${width} pixels wide is too large for this browser to read. Choose a smaller one.`,
      { cause },
    );
  // Kept in main memory: the pixels are read back once and nothing else happens to them.
  const settings = { willReadFrequently: true, colorSpace };
  const context = new OffscreenCanvas(width, height).getContext('2d', settings);
  if (!context) throw tooLarge('no canvas');
  context.globalCompositeOperation = 'copy';
  return {
    read: (bitmap: ImageBitmap, y: number, rows: number): Picture => {
      try {
        context.drawImage(bitmap, 0, y, width, rows, 0, 0, width, rows);
        const { data } = context.getImageData(0, 0, width, rows, { colorSpace });
        return { width, height: rows, data: data as Uint8ClampedArray<ArrayBuffer> };
      } catch (error) {
        throw tooLarge(error);
      }
    },
  };
}

/** Reads through a WebGL texture, which keeps colour and alpha apart. It gives undefined where it cannot. */
function textureReader(colorSpace: ColorSpace) {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl');
  return {
    read: async (bitmap: ImageBitmap, y: number, rows: number): Promise<Picture | undefined> => {
      const { width } = bitmap;
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
): Picture | undefined {
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
    const data = new Uint8ClampedArray(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(data.buffer));
    return gl.getError() === gl.NO_ERROR ? { width, height, data } : undefined;
  } finally {
    gl.deleteTexture(texture);
    gl.deleteFramebuffer(framebuffer);
  }
}
