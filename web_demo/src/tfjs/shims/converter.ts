/** The converter's graph models without its other loaders. */
import '@tensorflow/tfjs-converter/dist/flags';

export { GraphModel, loadGraphModel } from '@tensorflow/tfjs-converter/dist/executor/graph_model';
