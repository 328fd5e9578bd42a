import { describe, expect, test } from 'vitest';
import { answered, refused } from '../../fixtures/runs.ts';
import {
  actualOutcome,
  explainOutcome,
  movable,
  nothingSent,
  questionBefore,
  type RequestState,
  type RequestStates,
} from './stepping.ts';

const held = (before: 'read' | 'act' | 'write'): RequestState => ({ state: 'held', before, next: '' });
const blocked: RequestState = { state: 'blocked', at: 'entry' };
const blockedInWrite: RequestState = { state: 'blocked', at: 'write' };
const ended: RequestState = { state: 'ended', answer: answered('cancelled') };
const foundNothing: RequestState = { state: 'ended', answer: answered('nothing_to_cancel') };
const timedOut: RequestState = { state: 'ended', answer: refused('lock-busy', 409) };
const notSent: RequestState = { state: 'not sent' };
const at = (A: RequestState, B: RequestState): RequestStates => ({ A, B });

test('a request can move until it has ended, unless it is blocked or goes on by itself', () => {
  expect(movable(nothingSent)).toEqual(['A', 'B']);
  expect(movable(at(held('write'), blocked))).toEqual(['A']);
  expect(movable(at({ state: 'running' }, ended))).toEqual([]);
});

describe('asks a question', () => {
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
    [at(held('write'), foundNothing), 'A'],
    [at(held('write'), blockedInWrite), 'A'],
  ] as const)('but none where there is nothing to guess: %j, %s', (states, nextName) => {
    expect(questionBefore(states, nextName)).toBeUndefined();
  });
});

describe('the right choice is what was observed', () => {
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

  test('a write that requires the flag passes over an equal one', () => {
    expect(explainOutcome('overwrites', 'none')).toMatch(/names only the user/);
    expect(explainOutcome('overwrites', 'conditional')).toMatch(/^The flag is as the pay read it/);
  });

  test('every possible outcome is among the choices and has a reason', () => {
    const possible = {
      arrival: ['reads', 'waits', 'refused-at-once'],
      'last-write': ['overwrites', 'refused'],
      'blocked-cancel': ['admitted', 'times-out'],
    };
    for (const question of [arrival, lastWrite, waits]) {
      if (!question) throw new Error('no question');
      const ids = question.choices.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(possible[question.about]));
      for (const id of possible[question.about]) expect(explainOutcome(id, 'none')).toMatch(/\.$/);
    }
  });
});
