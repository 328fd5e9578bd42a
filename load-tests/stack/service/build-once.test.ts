import { mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildOnce } from './build-once.ts';

let root: string;
const source = () => join(root, 'source');
const mark = () => join(root, 'built/mark');

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'build-once-'));
  await writeFile(source(), 'first');
  const earlier = new Date(Date.now() - 60_000);
  await utimes(source(), earlier, earlier);
});
afterEach(() => rm(root, { recursive: true }));

/** Copies the source, with something that happens while it does. @returns whether it was built. */
async function build(meanwhile = async () => {}): Promise<boolean> {
  let begun = false;
  await buildOnce({
    sources: [source()],
    directory: join(root, 'built'),
    mark: 'mark',
    ownPath: join(root, 'built/own-'),
    onStart: () => {
      begun = true;
    },
    async build(own) {
      const read = await readFile(source());
      await meanwhile();
      await writeFile(join(own, 'mark'), read);
    },
    moveOver: (own) => rename(join(own, 'mark'), mark()),
  });
  return begun;
}

test('what is newer than its sources is not built again', async () => {
  expect([await build(), await build(), await build()]).toEqual([true, false, false]);
});

test('a source that is changed while it is being read is built again', async () => {
  await build(async () => {
    await writeFile(source(), 'second');
    const soon = new Date(Date.now() + 1000); // the clock that files are stamped by may be some milliseconds behind
    await utimes(source(), soon, soon);
  });
  expect(await readFile(mark(), 'utf8')).toBe('first');
  expect(await build()).toBe(true);
  expect(await readFile(mark(), 'utf8')).toBe('second');
});

test('what cannot be built leaves the old one as it is, and nothing else', async () => {
  await build();
  const later = new Date(Date.now() + 60_000);
  await utimes(source(), later, later);
  await expect(build(() => Promise.reject(new Error('it is not TypeScript')))).rejects.toThrow('it is not TypeScript');
  expect(await readFile(mark(), 'utf8')).toBe('first');
  expect(await readdir(join(root, 'built'))).toEqual(['mark']);
});
