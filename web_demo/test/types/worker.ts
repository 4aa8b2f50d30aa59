// Checked with the worker's types: each line must be an error, or the two worlds have leaked.

// @ts-expect-error a worker has no document
document;
// @ts-expect-error a worker has no window
window;
