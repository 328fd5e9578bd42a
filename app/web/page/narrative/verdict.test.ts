import { describe, expect, test } from 'vitest';
import { answered, event, frances, lostUpdate, oneAfterTheOther, refused, run } from '../fixtures/runs.ts';
import { describeInconsistency, judge } from './verdict.ts';

describe('a run that leaves an inconsistent user', () => {
  test('names the user and the lost version', () => {
    const verdict = judge(run({ events: lostUpdate, after: { ...frances, paid: true, version: 2 } }));
    expect(verdict).toEqual({
      kind: 'inconsistent',
      headline: 'Frances has access and paid nothing',
      why: 'The pay wrote v2 (paid), decided on v0: v1 (unpaid) is lost.',
    });
  });

  test('of several lost updates, says how many, and does not call a pay of many the pay', () => {
    const again = event('pay', 'written', 1600, { paid: true, readVersion: 0, overwrote: 2 });
    const { why } = judge(run({ events: [...lostUpdate, again], after: { ...frances, paid: true } }));
    expect(why).toBe('2 updates were lost. One of them: a pay wrote v2 (paid), decided on v0: v1 (unpaid) is lost.');
  });

  test('is judged as such without a trace', () => {
    const after = { ...frances, paid: true };
    const verdicts = [[], [event('pay', 'read', 1)]].map((events) => judge(run({ after, events })));
    expect(verdicts).toMatchObject([
      { kind: 'inconsistent', why: expect.stringMatching(/^There is no trace of this run/) },
      { kind: 'inconsistent', why: expect.stringMatching(/does not show why/) },
    ]);
  });

  test('is judged as such without an answer', () => {
    expect(judge(run({ after: { ...frances, paid: true }, answers: [] })).kind).toBe('inconsistent');
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

test('does not claim a double charge without knowing the price', () => {
  expect(describeInconsistency('Ada', { paid: true, balance: 9800 })).toBeUndefined();
  expect(describeInconsistency('Ada', { paid: true, balance: 0 })).toBe('Ada has access and paid nothing');
});

test('reports a lost update that did no harm', () => {
  const { kind, why } = judge(run({ events: lostUpdate }));
  expect(kind).toBe('lost');
  expect(why).toMatch(/v1 \(unpaid\) is lost\. Access and payments still match, by chance\.$/);
});

describe('a run without a lost update', () => {
  test('does not call the first holder blocked, however long its grant took', () => {
    const waits = [event('pay', 'granted', 1, { tookMs: 143 }), event('cancel', 'granted', 90, { tookMs: 40 })];
    expect(judge(run({ mode: 'redis', events: [...waits, ...oneAfterTheOther] })).why).toBe(
      'The cancel was blocked for 40 ms, then read the latest version.',
    );
  });

  test('names the blocked request and its wait', () => {
    const waits = [event('pay', 'granted', 1, { tookMs: 1 }), event('cancel', 'granted', 1500, { tookMs: 1003.7 })];
    const events = [...waits, ...oneAfterTheOther];
    expect(judge(run({ mode: 'redis', events }))).toEqual({
      kind: 'held',
      headline: 'No update was lost: the user has no access and no open payment',
      why: 'The cancel was blocked for 1004 ms, then read the latest version.',
    });
  });

  test('of several blocked requests, says how many', () => {
    const ids = ['a', 'b', 'c'];
    const storm = run({ mode: 'redis', settings: { scenario: 'storm' } });
    const events = ids.flatMap((requestId, index) => {
      const granted = event('pay', 'granted', index * 100, { requestId, tookMs: index * 100 });
      if (index > 0) return [granted, event('pay', 'answered', 300, { requestId, outcome: 'already_paid' })];
      const written = event('pay', 'written', 4, { requestId, paid: true, readVersion: 0, overwrote: 0 });
      const charged = event('pay', 'charged', 3, { requestId, gateway: 'charged' });
      return [granted, charged, written, event('pay', 'answered', 5, { requestId, outcome: 'paid' })];
    });
    const calls = storm.calls.slice(0, 3).map((call, index) => ({
      ...call,
      requestId: ids[index] ?? '',
      answer: answered(index > 0 ? 'already_paid' : 'paid'),
    }));
    expect(judge({ ...storm, calls, events, after: { ...frances, paid: true, version: 1, balance: 4900 } }).why).toBe(
      '2 requests were blocked, for up to 200 ms, then read the latest version.',
    );
  });

  test('does not count a refusal by the guard as a failure', () => {
    const after = { ...frances, paid: true, balance: 4900 };
    const timedOut = event('cancel', 'answered', 2000, { outcome: 'lock-busy', httpStatus: 409 });
    const events = [...oneAfterTheOther.filter(({ kind }) => kind === 'pay'), timedOut];
    const verdict = judge(
      run({ mode: 'redis', answers: [answered('paid'), refused('lock-busy', 409)], events, after }),
    );
    expect(verdict.kind).toBe('held');
    expect(verdict.headline).toMatch(/has access and one open payment$/);
    expect(verdict.why).toBe('The cancel timed out (409). Nothing changed.');
  });

  test('names the request whose stale write was refused', () => {
    const pay = [
      event('pay', 'charged', 3, { gateway: 'charged' }),
      event('pay', 'refused', 1500, { paid: true, readVersion: 0 }),
      event('pay', 'answered', 1502, { outcome: 'stale-write', httpStatus: 409 }),
    ];
    const events = [...oneAfterTheOther.filter(({ kind }) => kind === 'cancel'), ...pay];
    const { kind, why } = judge(run({ events, answers: [refused('stale-write', 409), answered('cancelled')] }));
    expect([kind, why]).toEqual(['held', expect.stringMatching(/^The database refused the pay’s stale write\./)]);
  });

  test('says where the result was chance', () => {
    expect(judge(run({ events: oneAfterTheOther })).why).toMatch(/^By chance/);
    const waits = event('pay', 'granted', 1, { tookMs: 900 });
    expect(judge(run({ mode: 'memory', events: [waits, ...oneAfterTheOther] })).why).toMatch(
      /^By chance: both reached the same instance/,
    );
    expect(judge(run({ mode: 'redis', events: oneAfterTheOther })).why).toBe('The requests did not overlap this time.');
  });

  test('says that a single call has no rival', () => {
    const verdict = judge(run({ settings: { scenario: 'pay' }, after: { ...frances, paid: true, balance: 4900 } }));
    expect(verdict).toMatchObject({ kind: 'held', headline: 'The user has access and one open payment' });
    expect(verdict.why).toMatch(/no rival/);
  });
});

describe('a run whose user another client has touched', () => {
  test.each([
    ['by a pay, under the lock', { paid: true, version: 3, balance: 4900 }],
    ['by a pay that was charged and has not written', { version: 2, balance: 4900 }],
    ['by a write that changed nothing', { version: 3 }],
  ])('%s, says nothing about its mode', (_, change) => {
    const verdict = judge(run({ mode: 'redis', events: oneAfterTheOther, after: { ...frances, ...change } }));
    expect(verdict).toMatchObject({
      kind: 'untested',
      headline: 'Another client’s request touched Frances',
      why: expect.stringMatching(/this run says nothing/),
    });
  });
  test('counts a charge twice in one run as its own', () => {
    const twice = [
      event('pay', 'charged', 3, { gateway: 'charged' }),
      event('pay', 'written', 4, { paid: true, readVersion: 0, overwrote: 0 }),
      event('pay', 'answered', 5, { outcome: 'paid' }),
      event('cancel', 'charged', 6, { gateway: 'charged' }),
      event('cancel', 'refunded', 7, { gateway: 'refused' }),
      event('cancel', 'written', 8, { paid: true, readVersion: 0, overwrote: 1 }),
      event('cancel', 'answered', 9, { outcome: 'paid' }),
    ];
    const after = { ...frances, paid: true, version: 2, balance: 9800 };
    expect(judge(run({ events: twice, after })).headline).toBe('Frances is charged 98.00 for one access of 49.00');
  });
});

describe('an inconclusive run', () => {
  test.each([
    [{ outcome: 'unreachable', tookMs: 1 } as const],
    [refused('unavailable', 503)],
    [refused('unfinished', 503)],
    [refused('bad-gateway', 502)],
  ])('has a failed call: %j', (answer) => {
    const verdict = judge(run({ answers: [answered('paid'), answer] }));
    expect(verdict.kind).toBe('untested');
    expect(verdict.why).toMatch(/^The cancel failed/);
  });

  test.each([
    [[], 'There is no trace of this run.'],
    [oneAfterTheOther.filter(({ kind }) => kind === 'pay'), 'The trace of the cancel is incomplete.'],
  ])('has an incomplete trace: %#', (events, unseen) => {
    expect(judge(run({ mode: 'redis', events }))).toEqual({
      kind: 'untested',
      headline: 'Unknown whether an update was lost',
      why: `${unseen} The user has no access and no open payment: access and payments match, possibly by chance.`,
    });
  });

  test('is one whose user could not be read afterwards', () => {
    const { after: _, ...unread } = run();
    expect(judge(unread).kind).toBe('untested');
  });
});
