import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { halfsizeBuild: '"test"' },
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000, // some draw hundreds of pictures, beside other work
    // TF.js keeps one engine for the whole process; threads would load it again and again.
    pool: 'threads',
    maxWorkers: 2,
  },
});
