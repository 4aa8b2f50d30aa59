import { expect, test } from 'vitest';
import { Kept } from '../../src/element/kept';

type Result = { bytes: number; name: string };

/** What 100 bytes hold, the names that were released, and users that note that they gave back. */
function hundredBytes() {
  const released: string[] = [];
  const givenBack: string[] = [];
  const kept = new Kept<Result>(100, ({ name }) => released.push(name));
  const add = (name: string, bytes: number) => kept.add(name, { bytes, name });
  const user = (name: string, near: () => boolean) => ({
    isNear: near,
    giveBack: () => givenBack.push(name),
  });
  return { kept, add, user, released, givenBack };
}

test('the same result is put back as long as there is room', () => {
  const { kept, add, released } = hundredBytes();
  add('a', 60);
  add('b', 40);
  kept.trim();
  expect([kept.get('a')?.name, kept.get('b')?.name, released]).toEqual(['a', 'b', []]);
});

test('what was not in use for longest goes first, and its user gives it back', () => {
  const { kept, add, user, released, givenBack } = hundredBytes();
  const far = () => false;
  for (const name of ['a', 'b', 'c']) {
    add(name, 40);
    kept.show(name, user(name, far));
  }
  kept.leave('a', user('another', far)); // used again
  kept.trim();
  expect([released, givenBack]).toEqual([['b'], ['b']]);
  expect(kept.get('a')).toBeDefined();
});

test('what is near the viewport stays, whatever its size', () => {
  const { kept, add, user, released } = hundredBytes();
  let isNear = true;
  for (const name of ['a', 'b']) {
    add(name, 200);
    kept.show(
      name,
      user(name, () => isNear),
    );
  }
  kept.trim();
  expect(released).toEqual([]);
  isNear = false;
  kept.trim();
  expect(released).toEqual(['a', 'b']);
});

test('one user near the viewport is enough', () => {
  const { kept, add, user, released } = hundredBytes();
  add('a', 200);
  kept.show(
    'a',
    user('far', () => false),
  );
  kept.show(
    'a',
    user('near', () => true),
  );
  kept.trim();
  expect(released).toEqual([]);
});

test('a result that replaces another releases it', () => {
  const { kept, add, user, released, givenBack } = hundredBytes();
  add('a', 10);
  kept.show(
    'a',
    user('a', () => true),
  );
  add('a', 20);
  expect([released, givenBack, kept.get('a')?.bytes]).toEqual([['a'], ['a'], 20]);
});
