import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { repositoryRoot } from '../../stack/repository.ts';

test('a command ends without a word when its reader has gone, as with | head', async () => {
  const endless = `
    const { exitCodeOf } = await import('./load-tests/commands/cli/exit-code.ts');
    await exitCodeOf(async () => { for (;;) { console.log('a line'); await new Promise(setImmediate); } });
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', endless];
  const command = spawn(process.execPath, args, { cwd: repositoryRoot });
  let errors = '';
  command.stderr.on('data', (chunk) => (errors += chunk));
  command.stdout.once('data', () => command.stdout.destroy());
  expect(await once(command, 'close')).toEqual([141, null]);
  expect(errors).toBe('');
});
