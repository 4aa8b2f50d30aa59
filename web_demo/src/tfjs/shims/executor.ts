/**
 * Replaces the converter's operation_executor: only the categories of operations that exports use, so
 * that the other thirteen are not downloaded.
 */
import type { NamedTensorsMap } from '@tensorflow/tfjs-converter/dist/data/types';
import type { ExecutionContext } from '@tensorflow/tfjs-converter/dist/executor/execution_context';
import * as arithmetic from '@tensorflow/tfjs-converter/dist/operations/executors/arithmetic_executor';
import * as basicMath from '@tensorflow/tfjs-converter/dist/operations/executors/basic_math_executor';
import * as convolution from '@tensorflow/tfjs-converter/dist/operations/executors/convolution_executor';
import * as graph from '@tensorflow/tfjs-converter/dist/operations/executors/graph_executor';
import * as matrices from '@tensorflow/tfjs-converter/dist/operations/executors/matrices_executor';
import * as sliceJoin from '@tensorflow/tfjs-converter/dist/operations/executors/slice_join_executor';
import * as transformation from '@tensorflow/tfjs-converter/dist/operations/executors/transformation_executor';
import type { Node } from '@tensorflow/tfjs-converter/dist/operations/types';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';

const EXECUTORS = {
  arithmetic,
  basic_math: basicMath,
  convolution,
  graph,
  matrices,
  slice_join: sliceJoin,
  transformation,
};

export function executeOp(
  node: Node,
  tensors: NamedTensorsMap,
  context: ExecutionContext,
): Tensor[] {
  const executor = EXECUTORS[node.category as keyof typeof EXECUTORS];
  if (!executor) throw new Error(`halfsize does not run the operation ${node.op}`);
  const result = tidy(() => executor.executeOp(node, tensors, context));
  return Array.isArray(result) ? result : [result];
}
