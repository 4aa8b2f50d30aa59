import * as tf from '@tensorflow/tfjs-core';
import { parseNetwork } from '../compact/network';
import type { Backend } from '../core/backends';
import type { Card, ModelFiles } from '../core/card';
import { NETWORK_FILE } from '../core/card';
import { type Engine, type Enlarged, type Enlarger, Exhausted } from '../core/engine';
import { ModelMismatch, reasonOf } from '../core/errors';
import { requireGoldenCases } from '../core/golden';
import { scaleOf } from '../core/scale';
import { serve } from '../worker/serve';
import { type Run, throughFloats } from './floats';
import { requireGolden } from './golden';
import { graphFiles } from './graph';
import { type GraphModelEnlarger, loadModel, weightBytes } from './model';

/** How TF.js's backends differ. */
export type Kind<T extends tf.KernelBackend> = {
  backend: Backend & `tfjs-${string}`;
  kernels: readonly unknown[];
  make: () => T | Promise<T>;
  /** Why the backend can no longer be trusted, if so; called after every run. */
  trouble?: (backend: T) => Promise<string | undefined>;
  /** Settles with the reason when the backend is lost: TF.js would wait for it for ever. */
  lost?: (backend: T) => Promise<string>;
};

/** The operations that the bundled kernels run, by their TensorFlow names. */
const OPERATIONS = new Set(
  (
    'Add AddN AddV2 ClipByValue ConcatV2 Const Conv2D DepthToSpace ExpandDims Floor FloorDiv ' +
    'Identity MirrorPad Mul NoOp Pack Placeholder Prelu Relu Reshape Shape Slice Squeeze Sub Transpose ' +
    'Unpack _FusedConv2D _FusedMatMul'
  ).split(' '),
);

/** Start serving TF.js on one backend. */
export function serveTfjs<T extends tf.KernelBackend>(kind: Kind<T>): void {
  const engine = tfjsEngine(kind);
  let opened: Card;
  const open: Engine['open'] = (files, card) => {
    opened = card;
    return engine.open(files, card);
  };
  serve({ ...engine, open }, (model, files, backend) => {
    const { [NETWORK_FILE]: network } = files;
    return network
      ? requireGoldenCases({ ...model, golden: parseNetwork(network).golden }, files, backend)
      : requireGolden(model, files, backend, scaleOf(opened.scale));
  });
}

function tfjsEngine<T extends tf.KernelBackend>(kind: Kind<T>): Engine {
  const { backend, make } = kind;
  const own = ownName(backend);
  for (const kernel of kind.kernels) tf.registerKernel(kernel as tf.KernelConfig);
  return {
    backend,
    open: async (given) => {
      const files = graphFiles(given);
      const text = new TextDecoder().decode(files['model.json']);
      requireKnownOperations(text);
      // Whatever was there before is not to be trusted: a fresh backend has fresh memory.
      if (tf.findBackendFactory(own)) tf.removeBackend(own);
      tf.registerBackend(own, make);
      if (!(await tf.setBackend(own))) throw new Error('the browser does not offer it');
      await tf.ready();
      return watched(await load(text, files), kind);
    },
  };
}

async function load(text: string, files: ModelFiles): Promise<GraphModelEnlarger> {
  try {
    return await loadModel(text, weightBytes(files));
  } catch (error) {
    throw new ModelMismatch(`The model cannot be loaded: ${reasonOf(error)}. Export it again.`);
  }
}

function watched<T extends tf.KernelBackend>(
  model: GraphModelEnlarger,
  { backend, trouble, lost }: Kind<T>,
): Enlarger {
  // Not Promise.race with one promise for all runs: it would keep something of every run for ever.
  let loss: Exhausted | undefined;
  let giveUp: ((reason: Exhausted) => void) | undefined;
  const started = tf.findBackend(ownName(backend)) as T;
  void lost?.(started).then((reason) => {
    loss = new Exhausted(reason);
    giveUp?.(loss);
  });
  const run: Run = async (pixels, height, width) => {
    if (loss) throw loss;
    const result = await new Promise<Enlarged>((resolve, reject) => {
      giveUp = reject;
      model.run(pixels, height, width).then(resolve, (error) => reject(named(error)));
    });
    const reason = await trouble?.(started);
    if (reason) throw new Exhausted(reason);
    return result;
  };
  return { run, runBytes: throughFloats(run), dispose: () => model.dispose() };
}

/** TF.js and its drivers have many words for memory that ran out. */
function named(error: unknown): unknown {
  const text = error instanceof Error ? `${error.name} ${error.message}` : String(error);
  const isMemory =
    /out of memory|OOM|allocat|memory access out of bounds|context.?lost|device.*lost/i.test(text);
  return isMemory ? new Exhausted(text) : error;
}

/** What TF.js itself calls a backend: its kernels are registered under that name. */
function ownName(backend: Backend): string {
  return backend.slice('tfjs-'.length);
}

/** Name unsupported operations at once; TF.js would only fail at the first tile. */
function requireKnownOperations(modelJson: string): void {
  let names: string[];
  try {
    names = JSON.parse(modelJson).modelTopology.node.map(({ op }: { op: string }) => op);
  } catch (error) {
    throw new ModelMismatch(`model.json cannot be read: ${reasonOf(error)}. Export it again.`);
  }
  const unknown = [...new Set(names.filter((name) => !OPERATIONS.has(name)))];
  if (unknown.length > 0) {
    throw new ModelMismatch(
      `The model uses ${unknown.join(', ')}, which halfsize does not run. Use a model that halfsize exported.`,
    );
  }
}
