import { expect, test } from 'vitest';
import { lostUpdate, oneAfterTheOther } from '../../fixtures/runs.ts';
import type { LoadRequest } from '../../state/load/record.ts';
import { describeLoadRequest, describeRivalry } from './describe-load-request.ts';

const request: LoadRequest = { requestId: 'pay', kind: 'pay', userId: 7, sentMs: 1204, isStale: false };

test.each([
  [{ tookMs: 84.2, said: 'already_paid' }, 'Pay for Ada, sent after 1.204 s: already paid, after 84 ms.'],
  [{ tookMs: 500, said: 'unreachable' }, 'Pay for Ada, sent after 1.204 s: no answer in 500 ms.'],
  [{}, 'Pay for Ada, sent after 1.204 s: not answered yet.'],
  [{ tookMs: 1, said: 'paid', isStale: true }, /after 1 ms; it wrote over an update that it had not read\.$/],
])('describes a request and its result: %j', (rest, text) => {
  expect(describeLoadRequest({ ...request, ...rest }, 'Ada')).toMatch(text);
});

test('names the request of a picture, its rivals, and the update that it lost', () => {
  expect(describeRivalry({ events: lostUpdate, leftOut: 0 }, 'pay')).toBe(
    'In the picture it is A. Beside it: 1 request for the same user at the same time. Lost update, user 7: A (pay) wrote v2 (paid), decided on v0: v1 (unpaid) by B (cancel) is lost.',
  );
  expect(describeRivalry({ events: lostUpdate, leftOut: 3 }, 'cancel')).toBe(
    'In the picture it is B. Beside it: 1 request for the same user at the same time, and 3 more that are left out.',
  );
  const alone = oneAfterTheOther.filter(({ kind }) => kind === 'cancel');
  expect(describeRivalry({ events: alone, leftOut: 0 }, 'cancel')).toBe(
    'In the picture it is A. No other request for this user was in progress.',
  );
  expect(describeRivalry({ events: [], leftOut: 0 }, 'cancel')).toBe('There is no trace of this request.');
});
