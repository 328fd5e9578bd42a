import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { jsonOption, writeJson } from './json.ts';
import { commandLine } from './options.ts';
import { expectRefused } from './refused-options.ts';

const readOptions = (argv: readonly string[]) =>
  commandLine('test')
    .addOption(jsonOption())
    .parse([...argv], { from: 'user' })
    .opts<{ json?: string }>();

test('writes the result to a file that is new or exists, or nowhere', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'json-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const result of [{ first: 1 }, { second: 2 }]) {
    const { json } = readOptions(['--json', join(directory, 'result.json')]);
    await writeJson(json, result);
    expect(JSON.parse(await readFile(join(directory, 'result.json'), 'utf8'))).toEqual(result);
  }
  await writeJson(readOptions([]).json, {});
});

test('refuses a file that cannot be written', async ({ onTestFinished }) => {
  const directory = await mkdtemp(join(tmpdir(), 'json-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'file'), '');
  expectRefused(readOptions, ['--json', directory], /--json.*It cannot be written: it is a directory/);
  expectRefused(readOptions, ['--json', join(directory, 'none', 'result.json')], /It cannot be written: ENOENT/);
  expectRefused(readOptions, ['--json', join(directory, 'file', 'result.json')], /It cannot be written: ENOTDIR/);
});
