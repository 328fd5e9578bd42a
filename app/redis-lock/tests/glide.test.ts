import { expect, test } from 'vitest';
import { type Glide, glideClient } from '../adapters/glide.ts';
import { lockKeys } from '../src/keys.ts';
import { scripts } from '../src/script.ts';

/** The lock's client on one that answers each command with the next of these errors of @valkey/valkey-glide 2.5. */
function refusing(...messages: readonly string[]) {
  const commands: string[] = [];
  const glide: Glide = {
    async customCommand([name = '']) {
      commands.push(name);
      throw new Error(`An error was signalled by the server: - ${messages[commands.length - 1]}`);
    },
    subscribe: () => Promise.resolve(),
    unsubscribeLazy: () => Promise.resolve(),
    getPubSubMessage: () => new Promise(() => {}),
    close() {},
  };
  return { client: glideClient(glide, async () => glide), commands };
}

test.each([
  ['PermissionDenied: this user has no permissions', /^NOPERM this user has no permissions$/],
  ['Moved: 1 127.0.0.1:7000', /^MOVED 1 127.0.0.1:7000$/],
  ['ResponseError: wrong number of arguments', /^An error .* - ResponseError: wrong number of arguments$/],
])('says “%s” in the words of Redis', async (message, said) => {
  const { client } = refusing(message);
  const error = await new Promise<Error | undefined>((resolve) =>
    client.runCommand(['DELEX', 'k', 'IFEQ', ''], resolve, () => true),
  );
  expect(error?.message).toMatch(said);
});

test('sends a script whole if the server does not know it', async () => {
  const { client, commands } = refusing('NoScriptError: No matching script.', 'PermissionDenied: no');
  const error = await new Promise<Error | undefined>((resolve) =>
    client.runScript(scripts.release, lockKeys('k'), ['id'], resolve, () => true),
  );
  expect(commands).toEqual(['EVALSHA', 'EVAL']);
  expect(error?.message).toBe('NOPERM no');
});
