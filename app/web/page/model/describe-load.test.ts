import { expect, test } from 'vitest';
import { describeLoad } from './describe-load.ts';
import { nothingYet, type Tally } from './tally.ts';

const whole: Tally = { ...nothingYet, sent: 40, traced: { ended: 40, writers: 30, writes: 30 } };
const holed: Tally = { ...whole, traced: { ended: 39, writers: 30, writes: 30 } };
const tell = (tally: Tally, inconsistent: readonly string[] | undefined = []) =>
  describeLoad({ mode: 'redis', tally, inconsistent });

test.each([
  [whole, 'redis: No update was lost. Flag and books agree for each of the users.'],
  [{ ...whole, staleWrites: 1 }, 'redis: 1 update was lost. Flag and books agree for each of the users.'],
  [{ ...holed, staleWrites: 2 }, /^redis: At least 2 updates were lost\. /],
  [holed, /^redis: Whether an update was lost is not known: of 40 requests, the trace does not show all\. Flag/],
  [{ ...nothingYet, sent: 40 }, /^redis: Whether an update was lost is not known: there is no trace\. Flag/],
])('%#: what came of a load is told as far as it is known', (tally, text) => {
  expect(tell(tally)).toMatch(text);
});

test('who was inconsistent is told; and where the users could not be read, that it is not known', () => {
  expect(tell(whole, ['Ada has access and paid nothing', 'Bo is charged 49.00 and has no access'])).toBe(
    'redis: No update was lost. In the end, Ada has access and paid nothing; Bo is charged 49.00 and has no access.',
  );
  expect(describeLoad({ mode: 'redis', tally: whole, inconsistent: undefined })).toMatch(
    /lost\. Whether flag and books agree is not known: the users could not be read\.$/,
  );
});
