import { describe, expect, test } from 'vitest';
import { expectRefused } from '../../commands/cli/refused-options.ts';
import { readOptions, rowNames } from './options.ts';

test('defaults to all rows, three rounds of two seconds, and the best pause for each library', () => {
  expect(readOptions([])).toEqual({ only: [...rowNames], rounds: 3, seconds: 2, readme: false });
});

test('takes rows by name, each once and in running order', () => {
  expect(readOptions(['--only', 'hot-user, held-5ms,hot-user']).only).toEqual(['held-5ms', 'hot-user']);
});

test('takes rounds, seconds, a pause and a file', () => {
  const argv = ['--rounds', '5', '--seconds', '4', '--retry-ms', '10', '--json', 'out.json'];
  expect(readOptions(argv)).toMatchObject({ rounds: 5, seconds: 4, retryMs: 10, json: 'out.json' });
});

describe('names the invalid option', () => {
  test.each([
    [['--rounds', '0'], /--rounds.*whole number from 1 to 100/s],
    [['--seconds', '1.5'], /--seconds.*whole number/s],
    [['--retry-ms', '-1'], /--retry-ms.*whole number/s],
    [['--only', 'uncontended,held-6ms'], /--only.*No row "held-6ms"; the rows are uncontended, held-0ms/s],
    [['--colour'], /unknown option '--colour'/],
    [['uncontended'], /too many arguments/],
  ])('%j', (argv, message) => {
    expectRefused(readOptions, argv, message);
  });
});
