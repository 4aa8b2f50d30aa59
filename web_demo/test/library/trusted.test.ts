import { afterEach, expect, test, vi } from 'vitest';

/** The module as a page loads it: it makes its policy once. */
async function loaded(factory: unknown) {
  vi.resetModules();
  vi.stubGlobal('trustedTypes', factory);
  return (await import('../../src/library/trusted')).trusted;
}

const factory = (made: string[]) => ({
  createPolicy: (name: string, rules: { createScriptURL: (url: string) => string }) => {
    made.push(name);
    return { createScriptURL: (url: string) => `trusted ${rules.createScriptURL(url)}` };
  },
});

afterEach(() => vi.unstubAllGlobals());

test.each([
  'https://site.example/halfsize/halfsize.js',
  'https://site.example/halfsize/halfsize-extras.js?v=1',
  'https://site.example/assets/engine-webgl2-alpha-BxY_12.js',
  'file:///home/me/web_demo/dist/models.js',
  'blob:https://site.example/1234',
])('%s is given out', async (url) => {
  const made: string[] = [];
  const trusted = await loaded(factory(made));
  expect(trusted(url)).toBe(`trusted ${url}`);
  expect(trusted(url)).toBe(`trusted ${url}`);
  expect(made).toEqual(['halfsize']);
});

test.each([
  'https://evil.example/other.js',
  'https://evil.example/halfsize.js/other.js',
  'data:text/javascript,halfsize.js',
  'javascript:alert(1)//halfsize.js',
])('%s is not', async (url) => {
  const trusted = await loaded(factory([]));
  expect(() => trusted(url)).toThrow('not a script of halfsize');
});

test('a script that a bundler has renamed is given out, and no other', async () => {
  const trusted = await loaded(factory([]));
  const { renamed } = await import('../../src/library/trusted');
  renamed.add('https://site.example/16fb4d6f24.js?build');
  expect(trusted('https://site.example/16fb4d6f24.js?build')).toContain('16fb4d6f24');
  expect(() => trusted('https://site.example/16fb4d6f25.js')).toThrow('not a script of halfsize');
});

test('without Trusted Types an address stays as it is', async () => {
  const trusted = await loaded(undefined);
  expect(trusted('https://site.example/anything.js')).toBe('https://site.example/anything.js');
});
