import { beforeEach, expect } from 'vitest';
import { testStack } from '../../app/testing/stack.ts';
import { levelTexts } from '../../app/web/page/narrative/scheduler/levels.ts';
import { type Level, type LevelId, levels } from '../../app/web/page/state/scheduler/levels.ts';
import { resetUsers } from '../client/lab-client.ts';
import { askRedis } from '../stack/servers/ask-redis.ts';
import { test } from '../testing/browser/page-test.ts';
import { lostUpdate } from './driver/stepped-race.ts';
import { stepper } from './driver/stepper.ts';

beforeEach(() => resetUsers(testStack().url, 20));

const titleOf = (id: LevelId) => levelTexts[id].title;

/**
 * One of each kind: broken between instances, held within one, broken by its condition, held by a lock, by a version and by a
 * token. The naive lock follows below, and all are played with ALL_LEVELS=1.
 */
const played: readonly LevelId[] = ['memory', 'memory-one', 'conditional', 'redis', 'version', 'fenced'];
const isPlayed = ({ id }: Level) => (process.env.ALL_LEVELS ? id !== 'naive' : played.includes(id));

test('each level is broken, or holds, as it says', async ({ visit }) => {
  const { page, complaints } = await visit('/');
  complaints.expect(/409/); // a refused write whose charge the cancel has refunded
  const steps = stepper(page);
  const about = steps.section.locator('.about-level [role=status]');
  const label = () => steps.order(lostUpdate).getAttribute('aria-label');
  const isIdle = () => steps.order(lostUpdate).getAttribute('aria-disabled');

  for (const { id, canBreak } of levels.filter(isPlayed)) {
    await steps.choose(titleOf(id));
    await steps.order(lostUpdate).click();
    await expect.poll(label, { message: id }).not.toMatch(/not tried$/);
    await expect.poll(isIdle).toBe('false');
    const words = canBreak ? /access without paying$/ : /no update lost$/;
    expect(await label(), id).toMatch(words);
    expect(await about.innerText(), id).toMatch(canBreak ? /^✕ Broken\./ : /^✓ It holds\. It cannot be broken/);
  }

  // The key of the naive lock expires while the pay is held, here at once, and the cancel is admitted beside it.
  await steps.begin(titleOf('naive'));
  await page.getByLabel('Let me guess first').uncheck();
  await steps.move('AAB');
  await steps.outcome.getByText('The cancel is blocked').waitFor();
  await askRedis(testStack().redisUrl, async (redis) => {
    for (const key of await redis.keys('PAYMENT_*_4900')) await redis.pexpire(key, 1);
  });
  await steps.move('BBBA'); // as soon as it can
  await expect.poll(label).toMatch(/access without paying$/);
  expect(await about.innerText()).toMatch(/^✕ Broken\./);
});
