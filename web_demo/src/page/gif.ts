globalThis.x=1
