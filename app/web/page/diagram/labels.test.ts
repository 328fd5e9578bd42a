import { expect, test } from 'vitest';
import { traceBuilder } from '../model/fixtures/trace-builder.ts';
import { labelFor } from './labels.ts';
import { readTrace } from './steps.ts';

const labelsOfWrite = (details: { overwrote?: number }) => {
  const trace = traceBuilder('none');
  trace.request('a', 'pay', 'app-1').does('written', 1, { paid: true, readVersion: 3, ...details });
  const [step] = readTrace(trace.events()).steps;
  return step ? [1000, 0].map((room) => labelFor(step, room)) : [];
};

test('a write is labelled with the version that it overwrote, with ✕ where it had read another one', () => {
  expect(labelsOfWrite({ overwrote: 3 })).toEqual(['A writes paid over v3: v4', 'W']);
  expect(labelsOfWrite({ overwrote: 4 })).toEqual(['✕ A writes paid over v4: v5', '✕W']);
});

test('where the trace does not show what a write overwrote, its label does not either', () => {
  expect(labelsOfWrite({})).toEqual(['A writes paid, over what is not known', 'W?']);
});
