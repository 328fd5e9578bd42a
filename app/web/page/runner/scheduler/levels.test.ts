import { randomUUID } from 'node:crypto';
import { signal } from '@preact/signals';
import { Redis } from 'ioredis';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { type EventStream, listen } from '../../../../testing/event-stream.ts';
import { testStack } from '../../../../testing/stack.ts';
import { soon, until } from '../../../../testing/until.ts';
import { fetchStatus } from '../../api/lab.ts';
import type { TraceStream } from '../../api/trace-stream.ts';
import { resultOf } from '../../narrative/scheduler/order-result.ts';
import { type Level, levelOf, levels } from '../../state/scheduler/levels.ts';
import { ordersOf } from '../../state/scheduler/orders.ts';
import { createExclusiveActivity } from '../exclusive-activity.ts';
import type { LabState } from '../lab-state.ts';
import { createOwnUsers } from '../users/own-users.ts';
import { createMoves, type Moves } from './moves.ts';

/** The pay reads and charges; the cancel reads, refunds and writes; then the pay writes. */
const lostUpdate = 'AABBBA';

const send = fetch;
beforeEach(() => {
  vi.stubGlobal('fetch', (path: string, init?: RequestInit) => send(new URL(path, testStack().url), init));
  onTestFinished(() => void vi.unstubAllGlobals());
});

/** Passes on the events of a stream, as the page's own does. */
function follow(stream: EventStream): TraceStream {
  return {
    state: signal('open'),
    gap: signal(false),
    renew() {},
    ready: async () => {},
    listen(listener) {
      let passed = 0;
      const passOn = () => {
        for (const { event, data } of stream.events.slice(passed)) if (event === 'step') listener(data);
        passed = stream.events.length;
      };
      const timer = setInterval(passOn, 5);
      const stop = () => clearInterval(timer);
      onTestFinished(stop);
      return stop;
    },
  };
}

/** Begins a level on the worker's stack, on a user of its own. */
async function begin(level: Level, moves = ''): Promise<Moves> {
  const session = randomUUID();
  const stream = await listen(`/lab/trace?trace=${session}`);
  onTestFinished(() => stream.close());
  const status = await fetchStatus();
  if (status.outcome !== 'ok') throw new Error('the lab does not answer');
  const lab: Pick<LabState, 'status' | 'own' | 'watchLocksOf'> = {
    status: signal(status.body),
    own: createOwnUsers(),
    watchLocksOf: () => () => {},
  };
  const trace = follow(stream);
  const begun = createMoves({
    session,
    lab: lab as LabState,
    stream: () => trace,
    activity: createExclusiveActivity(),
  });
  await begun.replay(level, moves);
  return begun;
}

/** Plays the rest of the lost update. @returns its result, if the order was played as it is. */
async function playOn(moves: Moves): Promise<string | undefined> {
  await moves.playOn(lostUpdate);
  await moves.finish();
  expect(ordersOf(moves.turns.value)).toContain(lostUpdate);
  const result = () => moves.run.value && resultOf(moves.run.value);
  await until('the trace shows it', () => result() !== undefined, soon); // it may be behind the answers
  return result();
}

test.each(levels.filter(({ id }) => id !== 'naive'))(
  '$id is broken by the lost update, or holds, as it says',
  async (level) => {
    expect(await playOn(await begin(level))).toBe(level.canBreak ? 'accessWithoutPaying' : 'held');
  },
);

test('the naive lock is broken when its key expires while the pay is held', async () => {
  const moves = await begin(levelOf('naive'), 'AAB');
  expect(moves.states.value.B.state).toBe('blocked');
  const redis = new Redis(testStack().redisUrl);
  onTestFinished(() => redis.disconnect());
  await redis.pexpire(`PAYMENT_${moves.run.value?.user.id}_4900`, 1);
  const stateOfCancel = async () => {
    await moves.follow(
      () => true,
      () => false,
    );
    return moves.states.value.B.state;
  };
  await expect.poll(stateOfCancel).toBe('held');
  expect(await playOn(moves)).toBe('accessWithoutPaying');
});
