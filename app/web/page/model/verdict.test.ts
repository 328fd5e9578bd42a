import { describe, expect, test } from 'vitest';
import { answered, event, frances, lostUpdate, oneAfterTheOther, refused, run } from './fixtures/runs.ts';
import { describeInconsistency, judge } from './verdict.ts';

describe('a run after which flag and books disagree', () => {
  test('is told with who was wronged, and whose write was lost', () => {
    const verdict = judge(run({ events: lostUpdate, after: { ...frances, paid: true, version: 2 } }));
    expect(verdict).toEqual({
      kind: 'wronged',
      headline: 'Frances has access and paid nothing',
      why: 'The pay had read version 0. By the time it wrote “paid”, version 1 was there: it wiped out the cancel’s “free” without ever having seen it.',
    });
  });

  test('is told so even when the trace has seen nothing of it', () => {
    const after = { ...frances, paid: true };
    const verdicts = [[], [event('pay', 'read', 1)]].map((events) => judge(run({ after, events })));
    expect(verdicts).toMatchObject([
      { kind: 'wronged', why: expect.stringMatching(/^There is no trace of this run/) },
      { kind: 'wronged', why: expect.stringMatching(/does not show why/) },
    ]);
  });

  test('is told so even when an answer is missing', () => {
    expect(judge(run({ after: { ...frances, paid: true }, answers: [] })).kind).toBe('wronged');
  });
});

test.each([
  [true, 0, 'Ada has access and paid nothing'],
  [false, 4900, 'Ada is charged 49.00 and has no access'],
  [true, 9800, 'Ada is charged 98.00 for one access of 49.00'],
  [true, 4900, undefined],
  [false, 0, undefined],
])('paid %s, charged %i: %s', (paid, balance, text) => {
  expect(describeInconsistency('Ada', { paid, balance }, 4900)).toBe(text);
});

test('whether somebody was charged twice, nobody can tell who does not know what it costs', () => {
  expect(describeInconsistency('Ada', { paid: true, balance: 9800 })).toBeUndefined();
  expect(describeInconsistency('Ada', { paid: true, balance: 0 })).toBe('Ada has access and paid nothing');
});

test('a lost update that did no harm is told as one', () => {
  const { kind, why } = judge(run({ events: lostUpdate }));
  expect(kind).toBe('lost');
  expect(why).toMatch(/wiped out the cancel’s “free”.*by luck/);
});

describe('a run in which nothing was lost', () => {
  test('tells who was kept waiting, and for how long', () => {
    const waits = [event('pay', 'granted', 1, { tookMs: 1 }), event('cancel', 'granted', 1500, { tookMs: 1003.7 })];
    const events = [...waits, ...oneAfterTheOther];
    expect(judge(run({ mode: 'redis', events }))).toEqual({
      kind: 'held',
      headline: 'Nothing was lost: the user has no access, and is charged nothing',
      why: 'The cancel was kept waiting for 1004 ms, and then read what the other had left.',
    });
  });

  test('tells who waited in vain: to be refused by the guard is no failure', () => {
    const after = { ...frances, paid: true, balance: 4900 };
    const timedOut = event('cancel', 'answered', 2000, { outcome: 'lock-busy', httpStatus: 409 });
    const events = [...oneAfterTheOther.filter(({ kind }) => kind === 'pay'), timedOut];
    const verdict = judge(
      run({ mode: 'redis', answers: [answered('paid'), refused('lock-busy', 409)], events, after }),
    );
    expect(verdict.kind).toBe('held');
    expect(verdict.headline).toMatch(/has access, and has paid for it once$/);
    expect(verdict.why).toMatch(/^The cancel waited in vain and gave up: 409/);
  });

  test('tells whose late write was refused', () => {
    const pay = [
      event('pay', 'refused', 1500, { paid: true, readVersion: 0 }),
      event('pay', 'answered', 1502, { outcome: 'stale-write', httpStatus: 409 }),
    ];
    const events = [...oneAfterTheOther.filter(({ kind }) => kind === 'cancel'), ...pay];
    const { kind, why } = judge(run({ events, answers: [refused('stale-write', 409), answered('cancelled')] }));
    expect([kind, why]).toEqual(['held', expect.stringMatching(/^The pay tried to write over what it had not read\./)]);
  });

  test('says that it was luck, where nothing guards', () => {
    expect(judge(run({ events: oneAfterTheOther })).why).toMatch(/^By luck/);
    const waits = event('pay', 'granted', 1, { tookMs: 900 });
    expect(judge(run({ mode: 'memory', events: [waits, ...oneAfterTheOther] })).why).toMatch(
      /^By luck: both came to the same instance/,
    );
    expect(judge(run({ mode: 'redis', events: oneAfterTheOther })).why).toBe('They did not meet this time.');
  });

  test('of one call says that it had nobody to race with', () => {
    const verdict = judge(run({ settings: { scenario: 'pay' }, after: { ...frances, paid: true, balance: 4900 } }));
    expect(verdict).toMatchObject({ kind: 'held', headline: 'The user has access, and has paid for it once' });
    expect(verdict.why).toMatch(/alone/);
  });
});

describe('a run that says nothing', () => {
  test.each([
    [{ outcome: 'unreachable', tookMs: 1 } as const],
    [refused('unavailable', 503)],
    [refused('unfinished', 503)],
    [refused('bad-gateway', 502)],
  ])('is one with a call that was not carried out: %j', (answer) => {
    const verdict = judge(run({ answers: [answered('paid'), answer] }));
    expect(verdict.kind).toBe('untested');
    expect(verdict.why).toMatch(/^The cancel could not be carried out/);
  });

  test.each([
    [[], 'There is no trace of this run.'],
    [oneAfterTheOther.filter(({ kind }) => kind === 'pay'), 'The trace does not show all that the cancel has done.'],
  ])('is one of which the trace has not seen all: %#', (events, unseen) => {
    expect(judge(run({ mode: 'redis', events }))).toEqual({
      kind: 'untested',
      headline: 'Whether an update was lost is not known',
      why: `${unseen} In the end the user has no access, and is charged nothing: flag and books agree, which may be luck.`,
    });
  });

  test('is one whose user could not be read afterwards', () => {
    const { after: _, ...unread } = run();
    expect(judge(unread).kind).toBe('untested');
  });
});
