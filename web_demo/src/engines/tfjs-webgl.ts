import { KERNELS } from 'tfjs-kernels:webgl';
import { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl/dist/backend_webgl';
import { serveTfjs } from '../tfjs/engine';

/** Whether WebGL failed: after a lost context or a failed allocation it goes on with black pixels. */
async function trouble({ gpgpu }: MathBackendWebGL): Promise<string | undefined> {
  const { gl } = gpgpu;
  if (gl.isContextLost()) return 'the WebGL context was lost';
  return gl.getError() === gl.OUT_OF_MEMORY ? 'WebGL is out of memory' : undefined;
}

function lost({ gpgpu }: MathBackendWebGL): Promise<string> {
  return new Promise((resolve) => {
    const { canvas } = gpgpu.gl as unknown as { canvas: EventTarget };
    canvas.addEventListener('webglcontextlost', () => resolve('the WebGL context was lost'));
  });
}

serveTfjs({
  backend: 'tfjs-webgl',
  kernels: KERNELS,
  make: () => new MathBackendWebGL(),
  trouble,
  lost,
});
