import { expect, test } from 'vitest';
import { randomTrace } from '../model/fixtures/random-trace.ts';
import { situations } from '../model/fixtures/situations.ts';
import { describeEffect, describeShift, describeStep, describeTrace } from './describe.ts';
import { readTrace } from './steps.ts';

const race = readTrace(situations.raceInNone());
const stepOf = (requestId: string, did: string) => {
  const step = race.steps.find(({ event }) => event.requestId === requestId && event.step === did);
  if (!step) throw new Error(`no ${did} of ${requestId}`);
  return step;
};

test('the words for a step say which it is, and what it has to do with the lost update', () => {
  expect(describeStep(stepOf('6ebfd8d0', 'arrived'), race)).toBe(
    'A, step 1 of 12, at 0 ms. The pay of 4900 for user 7 on app-1 arrives, in mode none.',
  );
  expect(describeEffect(stepOf('6ebfd8d0', 'read'), race)).toMatch(
    /On this A relies for its write, which destroys another one\.$/,
  );
  expect(describeEffect(stepOf('c4f2832', 'written'), race)).toMatch(
    /This write is lost: A writes over it without having seen it\.$/,
  );
  expect(describeEffect(stepOf('6ebfd8d0', 'written'), race)).toMatch(
    /^Lost update, user 7: A \(pay\) had read version 3 and wrote/,
  );
});

test('a step is called by its label, if that is more than a letter', () => {
  const read = stepOf('6ebfd8d0', 'read');
  expect(describeStep(read, race, 'A reads v3')).toMatch(/^A reads v3, step 2 of 12, at 2\.4 ms\. The pay/);
  expect(describeStep(read, race, 'R')).toMatch(/^A, step 2 of 12, /);
  expect(describeStep(read, race, '✕W')).toMatch(/^A ✕W, step 2 of 12, /);
});

test('the words for a trace count what is in it', () => {
  expect(describeTrace(race)).toMatch(/^2 requests, 12 steps, 1 lost update\. Lost update, user 7: /);
  expect(describeTrace(readTrace(situations.payStorm()))).toMatch(/^5 requests, 30 steps, 4 lost updates\. /);
  expect(describeTrace(readTrace(situations.raceInRedis()))).toBe('2 requests, 18 steps, no lost update.');
  expect(describeTrace(readTrace([]))).toBe('No steps yet.');
});

test('a trace that does not show what a write overwrote is not told as one without a lost update', () => {
  const events = situations.raceInRedis().map(({ overwrote: _, ...event }) => event);
  expect(describeTrace(readTrace(events))).toBe(
    '2 requests, 18 steps, no lost update to be seen; of 2 writes it is not known what they overwrote.',
  );
});

test('it is said when a step is drawn earlier than it was noted', () => {
  expect(describeShift(race)).toBe('');
  expect(describeShift(readTrace(situations.raceInRedis()))).toContain('drawn up to 0.4 ms earlier');
});

test('there are words for every step of any trace: as many rows as events', () => {
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
