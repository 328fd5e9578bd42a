import { describe, expect, test } from 'vitest';
import { answered, refused } from './fixtures/runs.ts';
import {
  leaveTheQueue,
  nextToMove,
  nobodySent,
  questionBefore,
  type Standing,
  type Standings,
  tellWhy,
  whatCameTrue,
} from './stepping.ts';

const held = (before: 'read' | 'act' | 'write'): Standing => ({ state: 'held', before, next: '' });
const blocked: Standing = { state: 'blocked', gaveUp: false };
const ended: Standing = { state: 'ended', answer: answered('cancelled') };
const gaveUp: Standing = { state: 'ended', answer: refused('lock-busy', 409) };
const notSent: Standing = { state: 'not sent' };
const at = (A: Standing, B: Standing): Standings => ({ A, B });

describe('whose move is next', () => {
  test('is as in the race of the README, while both can move', () => {
    const both = at(held('act'), held('act'));
    const asked = ['', 'A', 'AA', 'AAB', 'AABB', 'AABBB'].map((moves) => nextToMove(both, moves));
    expect(asked.join('')).toBe('AABBBA');
    expect(nextToMove(nobodySent, '')).toBe('A');
  });

  test('is the other’s, when whoever is due is kept out or has ended', () => {
    expect(nextToMove(at(held('write'), blocked), 'AAB')).toBe('A');
    expect(nextToMove(at(ended, held('read')), 'AABA')).toBe('B');
    expect(nextToMove(at(held('write'), ended), 'AABBBAAA')).toBe('A');
  });

  test('is nobody’s, when nobody can move', () => {
    expect(nextToMove(at(ended, ended), 'AABBBA')).toBeUndefined();
    expect(nextToMove(at(ended, blocked), 'AABA')).toBeUndefined();
  });

  test('goes on from moves that were made in another order', () => {
    const both = at(held('act'), held('act'));
    expect(nextToMove(both, 'B')).toBe('A');
    expect(nextToMove(both, 'BBB')).toBe('A');
    expect(nextToMove(both, 'AAAAAA')).toBe('B');
  });
});

describe('a question is asked', () => {
  test.each([
    ['arrival', at(held('write'), notSent), 'B'],
    ['last-write', at(held('write'), ended), 'A'],
    ['the-one-who-waits', at(held('write'), blocked), 'A'],
  ] as const)('%s', (about, standings, mover) => {
    expect(questionBefore(standings, mover)?.about).toBe(about);
  });

  test.each([
    [nobodySent, 'A'],
    [at(held('act'), notSent), 'A'],
    [at(held('act'), notSent), 'B'],
    [at(held('write'), held('act')), 'B'],
    [at(held('write'), held('act')), 'A'],
    [at(ended, held('act')), 'B'],
  ] as const)('and none where there is nothing to guess: %j, %s', (standings, mover) => {
    expect(questionBefore(standings, mover)).toBeUndefined();
  });
});

test('an answer to one who was kept out is a 409 only when it says so', () => {
  expect(leaveTheQueue(refused('lock-busy', 409))).toEqual({ state: 'blocked', gaveUp: true });
  for (const answer of [
    answered('cancelled'),
    refused('unavailable', 503),
    { outcome: 'unreachable', tookMs: 9 } as const,
  ])
    expect(leaveTheQueue(answer)).toEqual({ state: 'ended', answer });
});

describe('what came true is what was seen', () => {
  const arrival = questionBefore(at(held('write'), notSent), 'B');
  const lastWrite = questionBefore(at(held('write'), ended), 'A');
  const waits = questionBefore(at(held('write'), blocked), 'A');

  test.each([
    [arrival, { standings: at(held('write'), held('act')) }, 'reads'],
    [arrival, { standings: at(held('write'), blocked) }, 'waits'],
    [arrival, { standings: at(held('write'), gaveUp) }, 'turned-away'],
    [arrival, { standings: at(held('write'), ended) }, undefined],
    [lastWrite, { standings: at(ended, ended), payWrite: 'stale' }, 'overwrites'],
    [lastWrite, { standings: at(held('act'), ended), payWrite: 'refused' }, 'refused'],
    [lastWrite, { standings: at(ended, ended), payWrite: 'in order' }, undefined],
    [lastWrite, { standings: at(ended, ended) }, undefined],
    [lastWrite, { standings: at(ended, ended), payWrite: 'unseen' }, 'unseen'],
    [waits, { standings: at(ended, held('read')) }, 'let-in'],
    [waits, { standings: at(ended, gaveUp) }, 'gives-up'],
    [waits, { standings: at(ended, ended) }, undefined],
    [waits, { standings: at(ended, blocked) }, undefined],
  ] as const)('%#', (question, seen, cameTrue) => {
    expect(question && whatCameTrue(question, { payWrite: undefined, ...seen })).toBe(cameTrue);
  });

  test('whatever can come true is among the choices, and has a reason', () => {
    const possible = {
      arrival: ['reads', 'waits', 'turned-away'],
      'last-write': ['overwrites', 'refused'],
      'the-one-who-waits': ['let-in', 'gives-up'],
    };
    for (const question of [arrival, lastWrite, waits]) {
      if (!question) throw new Error('no question');
      const ids = question.choices.map(({ id }) => id);
      expect(ids).toEqual(expect.arrayContaining(possible[question.about]));
      for (const id of possible[question.about]) expect(tellWhy(id)).toMatch(/\.$/);
    }
  });
});
