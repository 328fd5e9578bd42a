import { expect, test, vi } from 'vitest';
import { inOrder, requestsBy } from '../adapters/requests.ts';

/** Requests that a test answers. */
function heldRequests() {
  const sent: { readonly command: string[]; answer(reply: unknown): void }[] = [];
  const send = (command: string[]) => new Promise<unknown>((answer) => sent.push({ command, answer }));
  return { ...inOrder(requestsBy(send)), sent, keys: () => sent.map(({ command }) => command[1]) };
}

const wanted = () => true;

test('a request waits for the one before it for the same lock only', async () => {
  const { runCommand, sent, keys } = heldRequests();
  const done = vi.fn();
  for (const key of ['a', 'a', 'b']) runCommand(['DELIFEQ', key, key], done, wanted);
  expect(keys()).toEqual(['a', 'b']);
  sent[0]?.answer(1);
  await vi.waitFor(() => expect(keys()).toEqual(['a', 'b', 'a']));
  expect(done.mock.calls).toEqual([[undefined, 1]]);
  for (const { answer } of sent) answer(0);
  await vi.waitFor(() => expect(done).toHaveBeenCalledTimes(3));
  runCommand(['DELIFEQ', 'a', 'a'], done, wanted);
  expect(sent).toHaveLength(4); // at once again
});

test('a request that is no longer wanted is not sent, and those behind it are', async () => {
  const { runCommand, sent } = heldRequests();
  const done = vi.fn();
  runCommand(['DELIFEQ', 'a', '1'], () => {}, wanted);
  runCommand(['DELIFEQ', 'a', '2'], done, () => false);
  runCommand(['DELIFEQ', 'a', '3'], () => {}, wanted);
  sent[0]?.answer(0);
  await vi.waitFor(() => expect(sent.map(({ command }) => command[2])).toEqual(['1', '3']));
  expect(done).toHaveBeenCalledWith(
    expect.objectContaining({ message: expect.stringContaining('not sent') }),
    undefined,
  );
});
