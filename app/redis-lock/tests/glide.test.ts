import { expect, test, vi } from 'vitest';
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

/** The lock's client on one that subscribes and closes. */
function subscribing(getPubSubMessage: Glide['getPubSubMessage'] = () => new Promise(() => {})) {
  const calls = { unsubscribeLazy: vi.fn(async () => {}), close: vi.fn() };
  const glide: Glide = {
    ...{ ...calls, getPubSubMessage },
    customCommand: () => Promise.resolve('OK'),
    subscribe: () => Promise.resolve(),
  };
  const client = glideClient(glide, async () => glide);
  const subscriber = { onUp: vi.fn(), onDown() {}, onMessage() {} };
  return { ...calls, subscriber, subscribe: (channel: string) => client.subscribe(channel, subscriber) };
}

test('closes a connection whose settings pass messages to a callback', async () => {
  const error = new Error('messages will be passed to the configured callback');
  const { subscribe, close } = subscribing(() => Promise.reject(error));
  const subscription = subscribe('channel');
  await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(1));
  subscription.close();
});

test('sends nothing on a connection that it is about to close', async () => {
  const { subscribe, subscriber, unsubscribeLazy, close } = subscribing();
  const subscriptions = ['one', 'two'].map(subscribe);
  await vi.waitFor(() => expect(subscriber.onUp).toHaveBeenCalledTimes(2));
  for (const subscription of subscriptions) subscription.close();
  await vi.waitFor(() => expect(close).toHaveBeenCalledTimes(1));
  expect(unsubscribeLazy).not.toHaveBeenCalled();
});
