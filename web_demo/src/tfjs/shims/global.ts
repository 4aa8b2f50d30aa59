/**
 * Replaces TF.js's global_util: our TF.js keeps its state private, so that a page may use any version
 * of TF.js itself.
 */
const kept: Record<PropertyKey, unknown> = {};

/** Looks like the global object, but what is written to it stays here. */
const space = new Proxy(kept, {
  get: (_, name) => {
    if (name in kept) return kept[name];
    const value = (globalThis as typeof kept)[name];
    // The browser's functions insist on being called on the global object itself.
    return typeof value === 'function' ? value.bind(globalThis) : value;
  },
});

export function getGlobalNamespace(): typeof kept {
  return space;
}

const singletons = new Map<string, unknown>();

export function getGlobal(key: string, make: () => unknown): unknown {
  if (!singletons.has(key)) singletons.set(key, make());
  return singletons.get(key);
}
