import { breather } from '../core/breathe';
import type { Engine } from '../core/engine';
import type { FromEngine, Port } from '../core/messages';
import { type Enlarge, enlargePixels } from './enlarge';
import { type Check, Server } from './server';

/** The build wraps every engine in a function of this one argument. */
declare const halfsizePort: Port;

/**
 * Connect an engine to the library.
 *
 * @param check whether a model has golden vectors; it throws if the engine does not reproduce them.
 */
export function serve(engine: Engine, check: Check, enlarge: Enlarge = enlargePixels): void {
  const port = halfsizePort;
  const post = (message: FromEngine, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  const server = new Server({
    post,
    engine,
    check,
    breathe: breather(),
    now: () => performance.now(),
    enlarge,
  });
  port.onmessage = ({ data }) => void server.handle(data);
  post({ kind: 'ready', backend: engine.backend });
}
