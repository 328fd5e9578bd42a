import { expect, test } from 'vitest';
import type { Name } from './pairs.ts';
import { LateError, runOrder } from './run-order.ts';
import type { Runner, RunnerState } from './runner.ts';

/** The states after each send or release. */
type Script = readonly RunnerState[];

/** Two scripted runners. A blocked one advances when its rival has ended or, if late, at the next recheck. */
function scripted(scripts: Record<Name, Script>, { isLate = false } = {}) {
  const steps: string[] = [];
  const asked: boolean[] = [];
  const runnerOf = (name: Name): Runner => {
    const script = [...scripts[name]];
    let state: RunnerState = 'not sent';
    return {
      request: undefined,
      get state() {
        return state;
      },
      async advance(mayBeBlocked) {
        steps.push(name);
        asked.push(mayBeBlocked);
        state = script.shift() ?? 'answered';
      },
      async recheck(mayBeBlocked) {
        if (!mayBeBlocked || isLate) state = script.shift() ?? 'answered';
      },
    };
  };
  return { steps, asked, runners: { A: runnerOf('A'), B: runnerOf('B') } };
}
const order = (names: string) => [...names] as Name[];
const threeSteps: Script = ['held', 'held', 'held', 'answered'];

test('runs steps in order, and sends each request just before its first step', async () => {
  const { runners, steps } = scripted({ A: threeSteps, B: threeSteps });
  expect(await runOrder(runners, order('ABABBA'))).toBe(false);
  expect(steps.join('')).toBe('AABBABBA');
});

test('skips a request that has ended, and finishes the rest with A first', async () => {
  const { runners, steps } = scripted({ A: ['held', 'answered'], B: ['held', ...threeSteps] });
  expect(await runOrder(runners, order('BBBAAA'))).toBe(false);
  expect(steps.join('')).toBe('BBBBAAB');
});

test('runs the turns of a blocked request after its rival has ended', async () => {
  const { runners, steps } = scripted({ A: threeSteps, B: ['blocked', ...threeSteps] });
  expect(await runOrder(runners, order('ABABBA'))).toBe(true);
  expect(steps.join('')).toBe('AABAABBB');
});

test('counts a step as taken when the request is blocked within it', async () => {
  const { runners, steps } = scripted({ A: threeSteps, B: ['held', 'blocked', 'held', 'held', 'answered'] });
  expect(await runOrder(runners, order('ABABBA'))).toBe(true);
  expect(steps.join('')).toBe('AABBAABB');
});

test('throws LateError when a request taken for blocked advances beside its rival', async () => {
  const { runners } = scripted({ A: threeSteps, B: ['blocked', ...threeSteps] }, { isLate: true });
  await expect(runOrder(runners, order('ABABBA'))).rejects.toThrow(LateError);
});

test('takes no request for blocked where the guard blocks nothing', async () => {
  const { runners, asked } = scripted({ A: threeSteps, B: threeSteps });
  await runOrder(runners, order('ABABBA'), { blocks: 'nothing' });
  expect(new Set(asked)).toEqual(new Set([false]));
});
