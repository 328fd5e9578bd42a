import { describe, expect, test } from 'vitest';
import { answered, refused } from './fixtures/runs.ts';
import {
  actualOutcome,
  answeredWhileBlocked,
  explainOutcome,
  nextToStep,
  nothingSent,
  questionBefore,
  type RequestState,
  type RequestStates,
} from './stepping.ts';

const held = (before: 'read' | 'act' | 'write'): RequestState => ({ state: 'held', before, next: '' });
const blocked: RequestState = { state: 'blocked', timedOut: false };
const ended: RequestState = { state: 'ended', answer: answered('cancelled') };
const timedOut: RequestState = { state: 'ended', answer: refused('lock-busy', 409) };
const notSent: RequestState = { state: 'not sent' };
const at = (A: RequestState, B: RequestState): RequestStates => ({ A, B });

describe('whose move is next', () => {
  test('is as in the race of the README, while both can move', () => {
    const both = at(held('act'), held('act'));
    const asked = ['', 'A', 'AA', 'AAB', 'AABB', 'AABBB'].map((moves) => nextToStep(both, moves));
    expect(asked.join('')).toBe('AABBBA');
    expect(nextToStep(nothingSent, '')).toBe('A');
  });

  test('is the other’s, when whoever is due is kept out or has ended', () => {
    expect(nextToStep(at(held('write'), blocked), 'AAB')).toBe('A');
    expect(nextToStep(at(ended, held('read')), 'AABA')).toBe('B');
    expect(nextToStep(at(held('write'), ended), 'AABBBAAA')).toBe('A');
  });

  test('is nobody’s, when nobody can move', () => {
    expect(nextToStep(at(ended, ended), 'AABBBA')).toBeUndefined();
    expect(nextToStep(at(ended, blocked), 'AABA')).toBeUndefined();
  });

  test('goes on from moves that were made in another order', () => {
    const both = at(held('act'), held('act'));
    expect(nextToStep(both, 'B')).toBe('A');
    expect(nextToStep(both, 'BBB')).toBe('A');
    expect(nextToStep(both, 'AAAAAA')).toBe('B');
  });
});

describe('a question is asked', () => {
  test.each([
    ['arrival', at(held('write'), notSent), 'B'],
    ['last-write', at(held('write'), ended), 'A'],
    ['blocked-cancel', at(held('write'), blocked), 'A'],
  ] as const)('%s', (about, states, nextName) => {
    expect(questionBefore(states, nextName)?.about).toBe(about);
  });

  test.each([
    [nothingSent, 'A'],
    [at(held('act'), notSent), 'A'],
    [at(held('act'), notSent), 'B'],
    [at(held('write'), held('act')), 'B'],
    [at(held('write'), held('act')), 'A'],
    [at(ended, held('act')), 'B'],
  ] as const)('and none where there is nothing to guess: %j, %s', (states, nextName) => {
    expect(questionBefore(states, nextName)).toBeUndefined();
  });
});

test('an answer to one who was kept out is a 409 only when it says so', () => {
  expect(answeredWhileBlocked(refused('lock-busy', 409))).toEqual({ state: 'blocked', timedOut: true });
  for (const answer of [
    answered('cancelled'),
    refused('unavailable', 503),
    { outcome: 'unreachable', tookMs: 9 } as const,
  ])
    expect(answeredWhileBlocked(answer)).toEqual({ state: 'ended', answer });
});

describe('what came true is what was seen', () => {
  const arrival = questionBefore(at(held('write'), notSent), 'B');
  const lastWrite = questionBefore(at(held('write'), ended), 'A');
  const waits = questionBefore(at(held('write'), blocked), 'A');

  test.each([
    [arrival, { states: at(held('write'), held('act')) }, 'reads'],
    [arrival, { states: at(held('write'), blocked) }, 'waits'],
    [arrival, { states: at(held('write'), timedOut) }, 'refused-at-once'],
    [arrival, { states: at(held('write'), ended) }, undefined],
    [lastWrite, { states: at(ended, ended), payWrite: 'stale' }, 'overwrites'],
    [lastWrite, { states: at(held('act'), ended), payWrite: 'refused' }, 'refused'],
    [lastWrite, { states: at(ended, ended), payWrite: 'in order' }, undefined],
    [lastWrite, { states: at(ended, ended) }, undefined],
    [lastWrite, { states: at(ended, ended), payWrite: 'unseen' }, 'unseen'],
    [waits, { states: at(ended, held('read')) }, 'admitted'],
    [waits, { states: at(ended, timedOut) }, 'times-out'],
    [waits, { states: at(ended, ended) }, undefined],
    [waits, { states: at(ended, blocked) }, undefined],
  ] as const)('%#', (question, seen, actual) => {
    expect(question && actualOutcome(question, { payWrite: undefined, ...seen })).toBe(actual);
  });

  test('whatever can come true is among the choices, and has a reason', () => {
    const possible = {
      arrival: ['reads', 'waits', 'refused-at-once'],
      'last-write': ['overwrites', 'refused'],
      'blocked-cancel': ['admitted', 'times-out'],
    };
    for (const question of [arrival, lastWrite, waits]) {
      if (!question) throw new Error('no question');
      const ids = question.choices.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(possible[question.about]));
      for (const id of possible[question.about]) expect(explainOutcome(id)).toMatch(/\.$/);
    }
  });
});
