import { expect, test } from 'vitest';
import type { LiveFault } from '../../../lab/faults/fault.ts';
import type { TraceEvent, TraceStep } from '../../../lab/trace/event.ts';
import { describeWork, faultsDuring, listTargets } from './fault-targets.ts';

const fault = (name: string, target: string, state: LiveFault['state'] = 'healed'): LiveFault => ({
  name,
  kind: 'freeze',
  what: name,
  targets: [target],
  state,
});

test('groups the faults by target, with the one that is in progress', () => {
  const [pause, kill, cut] = [fault('pause', 'app-1'), fault('kill', 'redis'), fault('cut', 'app-1', 'healing')];
  expect(listTargets({ faults: [pause, kill, cut] })).toEqual([
    { name: 'app-1', faults: [pause, cut], current: cut },
    { name: 'redis', faults: [kill], current: undefined },
  ]);
});

const steps = (requestId: string, kind: 'pay' | 'cancel', ...names: TraceStep[]) =>
  names.map((step) => ({ requestId, kind, instance: 'app-1', step }) as TraceEvent);

test.for<[work: string | undefined, events: TraceEvent[]]>([
  [undefined, []],
  ['pay', steps('a', 'pay', 'arrived', 'read')],
  ['pay, waits for the lock', steps('a', 'pay', 'arrived', 'waiting')],
  ['pay, holds the lock', steps('a', 'pay', 'arrived', 'waiting', 'granted', 'read')],
  ['pay', steps('a', 'pay', 'arrived', 'waiting', 'granted', 'released')],
  [undefined, steps('a', 'pay', 'arrived', 'answered')],
  ['pay; cancel, waits for the lock', [...steps('a', 'pay', 'read'), ...steps('b', 'cancel', 'waiting')]],
])('an instance does: %s', ([work, events]) => {
  expect(describeWork('app-1', events)).toBe(work);
  expect(describeWork('app-2', events)).toBeUndefined();
});

test('faults during a run are those that began before its end, or are not over', () => {
  const events = [100, 200].map((wallMs) => ({ wallMs }) as TraceEvent);
  const past = [
    { name: 'a', what: 'before', targets: ['app-1'], fromMs: 10, toMs: 90 },
    { name: 'b', what: 'into it', targets: ['app-1'], fromMs: 50, toMs: 150 },
    { name: 'c', what: 'not over', targets: ['redis'], fromMs: 150 },
    { name: 'e', what: 'longer', targets: ['app-1'], fromMs: 160, toMs: 900 },
    { name: 'd', what: 'after', targets: ['app-2'], fromMs: 250, toMs: 300 },
  ];
  const whats = (state: 'running' | 'done') => faultsDuring({ events, state }, past).map(({ what }) => what);
  expect(whats('done')).toEqual(['into it', 'not over', 'longer']);
  expect(whats('running')).toEqual(['into it', 'not over', 'longer', 'after']);
  // The picture of a run does not go on after its end for a fault that did.
  const ends = faultsDuring({ events, state: 'done' }, past).map(({ toMs }) => toMs);
  expect(ends).toEqual([150, undefined, undefined]);
  expect(faultsDuring({ events, state: 'done' }, past)[0]).toEqual({
    kind: 'fault',
    what: 'into it',
    hits: ['app-1'],
    fromMs: 50,
    toMs: 150,
  });
});
