import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFaultControl, type OfferedFault } from './control.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

let done: string[] = [];
let lines: string[] = [];
beforeEach(() => {
  done = [];
  lines = [];
});

function fault(name: string, targets: string[], own: Partial<OfferedFault> = {}): OfferedFault {
  return {
    name,
    kind: 'freeze',
    what: `${name} happens`,
    targets,
    inject: async () => void done.push(`inject ${name}`),
    heal: async () => void done.push(`heal ${name}`),
    ...own,
  };
}
const controlOf = (...faults: OfferedFault[]) => createFaultControl(faults, (line) => lines.push(line));
const stateOf = (control: ReturnType<typeof controlOf>) => control.list().faults.map(({ state }) => state);

describe('a fault', () => {
  test('heals by itself after its time, and stays among the past ones', async () => {
    const control = controlOf(fault('a', ['app-1']));
    const fromMs = Date.now();
    await control.inject('a', 5000);
    expect(control.list().faults).toMatchObject([{ state: 'active', healsAtMs: fromMs + 5000 }]);
    await vi.advanceTimersByTimeAsync(4999);
    expect(done).toEqual(['inject a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toEqual(['inject a', 'heal a']);
    expect(control.list()).toEqual({
      faults: [{ name: 'a', kind: 'freeze', what: 'a happens', targets: ['app-1'], state: 'healed' }],
      past: [{ name: 'a', what: 'a happens', targets: ['app-1'], fromMs, toMs: fromMs + 5000 }],
    });
    expect(lines).toEqual(['fault: a happens', 'healed: a happens']);
  });

  test('heals once, however often it is asked to', async () => {
    const control = controlOf(fault('a', ['app-1']));
    await control.heal('a');
    await control.inject('a', 5000);
    await Promise.all([control.heal('a'), control.heal('a')]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(done).toEqual(['inject a', 'heal a']);
  });

  test('is refused while another affects its target, also while that one begins', async () => {
    const slow = fault('a', ['app-1'], { inject: () => new Promise((resolve) => setTimeout(resolve, 100)) });
    const control = controlOf(slow, fault('b', ['app-1', 'app-2']), fault('c', ['app-3']));
    const begun = control.inject('a', 5000);
    await expect(control.inject('b', 5000)).rejects.toMatchObject({
      type: 'fault-in-progress',
      message: 'app-1 is affected already: a happens.',
    });
    await control.inject('c', 5000);
    await vi.advanceTimersByTimeAsync(100);
    await begun;
    expect(stateOf(control)).toEqual(['active', 'healed', 'active']);
  });

  test('that fails half way is healed, and says why it failed', async () => {
    const control = controlOf(fault('a', ['app-1'], { inject: () => Promise.reject(new Error('no such process')) }));
    await expect(control.inject('a', 5000)).rejects.toMatchObject({ type: 'unavailable' });
    expect(done).toEqual(['heal a']);
    expect(control.list()).toMatchObject({ faults: [{ state: 'healed' }], past: [] });
    expect(lines).toEqual(['fault failed: a happens: no such process', 'healed: a happens']);
  });

  test('that fails does not change when an earlier one ended', async () => {
    const inject = vi.fn().mockResolvedValueOnce(undefined).mockRejectedValueOnce(new Error('no such process'));
    const control = controlOf(fault('a', ['app-1'], { inject }));
    await control.inject('a', 5000);
    await vi.advanceTimersByTimeAsync(5000);
    const { past } = control.list();
    await expect(control.inject('a', 5000)).rejects.toMatchObject({ type: 'unavailable' });
    expect(control.list().past).toEqual(past);
  });

  test('is refused once the lab ends, and one in progress does not heal by itself', async () => {
    const slow = fault('a', ['app-1'], { inject: () => new Promise((resolve) => setTimeout(resolve, 100)) });
    const control = controlOf(slow, fault('b', ['app-2']));
    const begun = control.inject('a', 5000);
    const ended = control.end();
    await vi.advanceTimersByTimeAsync(100);
    await Promise.all([begun, ended]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(done).toEqual([]);
    expect(stateOf(control)).toEqual(['active', 'healed']);
    await expect(control.inject('b', 5000)).rejects.toMatchObject({ type: 'faults-not-offered' });
  });

  test('that does not heal stays active, and can be healed again', async () => {
    const heal = vi.fn().mockRejectedValueOnce(new Error('its port is taken')).mockResolvedValueOnce(undefined);
    const control = controlOf(fault('a', ['app-1'], { heal }));
    await control.inject('a', 5000);
    await vi.advanceTimersByTimeAsync(5000);
    expect(stateOf(control)).toEqual(['active']);
    expect(lines.at(-1)).toBe('healing failed: a happens: its port is taken');
    await control.heal('a');
    expect(stateOf(control)).toEqual(['healed']);
  });
});

test('an unknown fault: says which there are', async () => {
  const control = controlOf(fault('a', ['app-1']), fault('b', ['app-2']));
  const unknown = { type: 'unknown-fault', message: 'No fault is named "x". There are a, b.' };
  await expect(control.inject('x', 5000)).rejects.toMatchObject(unknown);
  await expect(control.heal('x')).rejects.toMatchObject(unknown);
});

test('keeps the latest 50 faults', async () => {
  const control = controlOf(fault('a', ['app-1']));
  for (let round = 0; round < 51; round++) {
    await control.inject('a', 5000);
    await vi.advanceTimersByTimeAsync(5000);
  }
  expect(control.list().past).toHaveLength(50);
});
