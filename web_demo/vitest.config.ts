import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // TF.js keeps one engine for the whole process; threads would load it again and again.
    pool: 'threads',
    maxWorkers: 2,
  },
});
