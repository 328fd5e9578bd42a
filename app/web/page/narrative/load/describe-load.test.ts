import { expect, test } from 'vitest';
import { nothingYet, type Tally } from '../../state/tally.ts';
import { describeLoad, describeLost, describeScoreboard } from './describe-load.ts';

const whole: Tally = { ...nothingYet, sent: 40, traced: { ended: 40, writers: 30, writes: 30 } };
const holed: Tally = { ...whole, traced: { ended: 39, writers: 30, writes: 30 } };
const tell = (tally: Tally, inconsistent: readonly string[] | undefined = []) =>
  describeLoad({ mode: 'redis', tally, inconsistent });

test.each([
  [whole, 'redis: No update was lost. Access and payments match for all users.'],
  [{ ...whole, staleWrites: 1 }, 'redis: 1 update was lost. Access and payments match for all users.'],
  [{ ...holed, staleWrites: 2 }, /^redis: At least 2 updates were lost\. /],
  [holed, /^redis: Unknown whether an update was lost: the trace of 40 requests is incomplete\. Access/],
  [{ ...nothingYet, sent: 40 }, /^redis: Unknown whether an update was lost: there is no trace\. Access/],
])('describes the result of a load as far as it is known: %#', (tally, text) => {
  expect(tell(tally)).toMatch(text);
});

test('names the inconsistent users, or says that they could not be read', () => {
  expect(tell(whole, ['Ada has access and paid nothing', 'Bo is charged 49.00 and has no access'])).toBe(
    'redis: No update was lost. At the end, Ada has access and paid nothing; Bo is charged 49.00 and has no access.',
  );
  expect(describeLoad({ mode: 'redis', tally: whole, inconsistent: undefined })).toMatch(
    /lost\. Unknown whether access and payments match: the users could not be read\.$/,
  );
});

test.each([
  [{ lostUpdates: 0, isWhole: true }, '✓ 0', 'held'],
  [{ lostUpdates: 1204, isWhole: true }, '✕ 1,204', 'bad'],
  [{ lostUpdates: 3, isWhole: false }, '✕ at least 3', 'bad'],
  [{ lostUpdates: 0, isWhole: false }, '? unknown', 'unknown'],
])('describes lost updates as far as they are known: %j', (figures, text, kind) => {
  expect(describeLost(figures)).toEqual({ text, kind });
});

test('says that the scoreboard is no benchmark', () => {
  expect(describeScoreboard([])).toMatch(/measured from this browser on this machine, .*: no benchmark\. /);
});
