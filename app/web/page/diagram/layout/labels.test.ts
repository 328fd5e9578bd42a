import { expect, test } from 'vitest';
import { traceBuilder } from '../../fixtures/trace-builder.ts';
import { readTrace } from '../../trace/steps.ts';
import { labelFor } from './labels.ts';

const labelsOfWrite = (details: { overwrote?: number }) => {
  const trace = traceBuilder('none');
  trace.request('a', 'pay', 'app-1').does('written', 1, { paid: true, readVersion: 3, ...details });
  const [step] = readTrace(trace.events()).steps;
  return step ? [1000, 0].map((room) => labelFor(step, room)) : [];
};

test('labels a write with its versions, and a stale one with ✕', () => {
  expect(labelsOfWrite({ overwrote: 3 })).toEqual(['A writes v4 (paid), decided on v3', 'w']);
  expect(labelsOfWrite({ overwrote: 4 })).toEqual(['✕ A writes v5 (paid), decided on v3', '✕w']);
});

test('labels a write that overwrote an unknown version', () => {
  expect(labelsOfWrite({})).toEqual(['A writes paid over an unknown version', 'w?']);
});
