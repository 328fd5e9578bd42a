import { expect, test } from 'vitest';
import { type Answer, type Claim, type History, violations } from './history.ts';

const claim = (
  process: string,
  token: bigint,
  grantedAt: number,
  endedAt: number,
  more: Partial<Claim> = {},
): Claim => ({
  key: 'k',
  process,
  token,
  calledAt: grantedAt - 1,
  grantedAt,
  endedAt,
  keptUntil: endedAt + 1,
  answers: [],
  ...more,
});
const answered = (outcome: Answer['outcome'], at: number, validUntil: number): Answer[] => [
  { outcome, calledAt: at, repliedAt: at + 1, validUntil },
];
const judge = (history: Partial<History>) =>
  violations({ claims: [], refusals: [], thefts: [], doubts: [], longestSplitMs: 0, ...history }).map(
    (said) => said.split(': ')[1],
  );
const theft = { key: 'k', startedAt: 400, endedAt: 401 };
const refusal = { key: 'k', process: 'c', calledAt: 1000, repliedAt: 1001 };

test('one after the other, with growing tokens, breaks no promise', () => {
  const claims = [claim('a', 1n, 0, 100), claim('b', 2n, 100, 200), claim('a', 5n, 201, 300)];
  expect(judge({ claims, refusals: [{ ...refusal, calledAt: 150, repliedAt: 151 }] })).toEqual([]);
});

test('a theft that an extension overlapped may have been made up for; one after it may not', () => {
  const answers = [...answered('extended', theft.startedAt - 1, 800), ...answered('extended', 600, 1000)];
  const [first] = answers;
  if (first) Object.assign(first, { repliedAt: theft.startedAt + 1 });
  expect(judge({ claims: [claim('a', 1n, 0, 900, { answers })], thefts: [theft] })).toEqual([]);
  if (first) Object.assign(first, { repliedAt: theft.startedAt - 0.5 });
  expect(judge({ claims: [claim('a', 1n, 0, 900, { answers })], thefts: [theft] })).toHaveLength(1);
});

test.each<[string, Partial<History>, string]>([
  [
    'two holders at once',
    { claims: [claim('a', 1n, 0, 100), claim('b', 2n, 99, 200)] },
    'a holder beside k, a, token 1 for 1.00 ms',
  ],
  [
    'two holders at once, with another between',
    { claims: [claim('a', 1n, 0, 100), claim('b', 2n, 10, 20, {}), claim('c', 3n, 50, 60)] },
    'a holder beside k, a, token 1 for 10.00 ms',
  ],
  ['a token that falls', { claims: [claim('a', 2n, 0, 100), claim('b', 1n, 100, 200)] }, 'granted after k, a, token 2'],
  ['a token twice', { claims: [claim('a', 2n, 0, 100), claim('b', 2n, 100, 200)] }, 'granted after k, a, token 2'],
  [
    'an extension after a theft',
    { claims: [claim('a', 1n, 0, 900, { answers: answered('extended', 500, 800) })], thefts: [theft] },
    'extended, after it was stolen',
  ],
  [
    'an extension after the time was over',
    { claims: [claim('a', 1n, 0, 900, { answers: answered('extended', 500, 300) })] },
    'extended, after its time was over',
  ],
  [
    'a release after the time was over',
    { claims: [claim('a', 1n, 0, 300, { answers: answered('released', 500, 300) })] },
    'released, after its time was over',
  ],
  [
    'a loss without a cause',
    { claims: [claim('a', 1n, 0, 501, { answers: answered('lost', 500, 800) })] },
    'lost, with 299 ms left',
  ],
  [
    'a release as expired without a cause',
    { claims: [claim('a', 1n, 0, 500, { answers: answered('expired', 500, 800) })] },
    'expired, with 299 ms left',
  ],
  [
    'a refusal without a holder',
    { claims: [claim('a', 1n, 0, 700)], refusals: [refusal] },
    'refused as busy while nobody held it',
  ],
])('%s is noticed', (_what, history, said) => {
  expect(judge(history)).toContain(said);
});

test('a theft excuses what comes of it, and nothing else', () => {
  const stolen = claim('a', 1n, 0, 900);
  expect(judge({ claims: [stolen, claim('b', 2n, 450, 500)], thefts: [theft] })).toEqual([]);
  expect(judge({ claims: [stolen, claim('b', 2n, 450, 500), claim('c', 3n, 490, 600)], thefts: [theft] })).toEqual([
    'a holder beside k, b, token 2 for 10.00 ms',
  ]);
});

test('a process that was robbed may hand on tokens that are behind, but none twice', () => {
  const robbed = [claim('a', 1n, 0, 500), claim('a', 2n, 500, 600, { calledAt: 450 })];
  const rival = claim('b', 17n, 420, 440);
  expect(judge({ claims: [...robbed, rival], thefts: [theft] })).toEqual([]);
  expect(judge({ claims: [...robbed, rival] })).toContain('granted after k, b, token 17');
  expect(judge({ claims: [...robbed, { ...rival, token: 2n }], thefts: [theft] })).toEqual([
    'granted after k, b, token 2',
  ]);
});

test('a key that a killed process may hold excuses a refusal, until its time is over', () => {
  const doubt = { key: 'k', calledAt: 500, keptUntil: 1000 };
  expect(judge({ refusals: [refusal], doubts: [doubt] })).toEqual([]);
  expect(judge({ refusals: [refusal], doubts: [{ ...doubt, keptUntil: 799 }] })).toHaveLength(1);
});

test('rivals may have several nodes split between them for a while, and a single node never', () => {
  const rival = { key: 'k', process: 'd', calledAt: 800, repliedAt: 1100 };
  const waited = { ...refusal, calledAt: 900 };
  expect(judge({ refusals: [waited, rival], longestSplitMs: 300 })).toEqual([]);
  expect(judge({ refusals: [waited, rival] })).toHaveLength(1);
  expect(judge({ refusals: [waited, { ...rival, process: 'c' }], longestSplitMs: 300 })).toHaveLength(1);
  expect(judge({ refusals: [waited, { ...rival, calledAt: 1050 }], longestSplitMs: 300 })).toHaveLength(1);
  expect(judge({ refusals: [waited, rival], longestSplitMs: 100 })).toHaveLength(1);
  expect(
    judge({ claims: [claim('a', 1n, 0, 790)], refusals: [{ ...waited, calledAt: 700 }, rival], longestSplitMs: 300 }),
  ).toEqual([]);
});

test('of several nodes a claim may have taken a majority again after a theft, as long as nobody had it meanwhile', () => {
  const claims = [claim('a', 1n, 0, 900, { answers: answered('extended', 500, 800) })];
  const rival = claim('b', 2n, 450, 460);
  expect(judge({ claims, thefts: [theft], longestSplitMs: 300 })).toEqual([]);
  expect(judge({ claims: [...claims, rival], thefts: [theft], longestSplitMs: 300 })).toEqual([
    'extended, after it was stolen',
  ]);
  expect(judge({ claims, thefts: [theft] })).toEqual(['extended, after it was stolen']);
});
