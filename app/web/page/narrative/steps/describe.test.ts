import { expect, test } from 'vitest';
import { randomTrace } from '../../fixtures/random-trace.ts';
import { situations } from '../../fixtures/situations.ts';
import { readTrace } from '../../trace/steps.ts';
import { describeEffect, describeShift, describeStep, describeTrace } from './describe.ts';

const race = readTrace(situations.raceInNone());
const stepOf = (requestId: string, did: string) => {
  const step = race.steps.find(({ event }) => event.requestId === requestId && event.step === did);
  if (!step) throw new Error(`no ${did} of ${requestId}`);
  return step;
};

test('describes a step, and its part in the lost update', () => {
  expect(describeStep(stepOf('6ebfd8d0', 'arrived'), race)).toBe(
    'A, step 1 of 12, at 0 ms. The pay of 49.00 for user 7 on app-1 arrived in mode none.',
  );
  expect(describeEffect(stepOf('6ebfd8d0', 'read'), race)).toMatch(/A decides its stale write on this read\.$/);
  expect(describeEffect(stepOf('c4f2832', 'written'), race)).toMatch(
    /This write is lost: A overwrites it without having read it\.$/,
  );
  expect(describeEffect(stepOf('6ebfd8d0', 'written'), race)).toMatch(
    /^Lost update, user 7: A \(pay\) wrote v5 \(paid\), decided on v3/,
  );
});

test('a description starts with the label, unless that is a letter', () => {
  const read = stepOf('6ebfd8d0', 'read');
  expect(describeStep(read, race, 'A reads v3')).toMatch(/^A reads v3, step 2 of 12, at 2\.4 ms\. The pay/);
  expect(describeStep(read, race, 'r')).toMatch(/^A, step 2 of 12, /);
  expect(describeStep(read, race, '✕w')).toMatch(/^A ✕w, step 2 of 12, /);
});

test('the summary of a trace counts its parts', () => {
  expect(describeTrace(race)).toMatch(/^2 requests, 12 steps, 1 lost update\. Lost update, user 7: /);
  expect(describeTrace(readTrace(situations.payStorm()))).toBe(
    '5 requests, 30 steps, 4 lost updates. v1 (paid) by A is lost to B, decided on v0; v2 (paid) by B is lost to C, ' +
      'decided on v0; v3 (paid) by C is lost to D, decided on v0; v4 (paid) by D is lost to E, decided on v0.',
  );
  expect(describeTrace(readTrace(situations.raceInRedis()))).toBe('2 requests, 18 steps, no lost update.');
  expect(describeTrace(readTrace([]))).toBe('No steps yet.');
});

test('the summary says where the trace does not show what was overwritten', () => {
  const events = situations.raceInRedis().map(({ overwrote: _, ...event }) => event);
  expect(describeTrace(readTrace(events))).toBe(
    '2 requests, 18 steps, no lost update found; the trace does not show what 2 writes overwrote.',
  );
});

test('says when steps are drawn earlier than recorded', () => {
  expect(describeShift(race)).toBe('');
  expect(describeShift(readTrace(situations.raceInRedis()))).toContain('drawn up to 0.4 ms earlier');
});

test('describes every step of any trace', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const events = randomTrace(seed);
    const trace = readTrace(events);
    expect(
      trace.steps.map(({ number }) => number),
      `seed ${seed}`,
    ).toEqual(events.map((_, index) => index + 1));
    for (const step of trace.steps) expect(describeStep(step, trace), `seed ${seed}`).not.toMatch(/undefined|NaN|\?/);
  }
});
