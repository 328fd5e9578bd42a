import { expect, test } from 'vitest';
import { startLocalServer } from '../../../app/testing/local-server.ts';
import { openScenarioContext, type ScenarioContextOptions } from './scenario-context.ts';

test('does not audit the user of the warm-up, which may still be written to', async () => {
  let users: { id: number }[] = [];
  let created = 0;
  const warmedUp = new Set<number>();
  await using lab = await startLocalServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [, , userId, command] = request.url?.split('/') ?? [];
    if (request.url === '/lab/reset') {
      const fresh = () => ({ id: ++created, name: 'user', paid: false, version: 0, balance: 0 });
      users = Array.from({ length: JSON.parse(body).users }, fresh);
    } else warmedUp.add(Number(userId));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ users, status: command === 'pay' ? 'paid' : 'cancelled' }));
  });
  const [instance, proxy] = [
    { name: 'app', url: lab.url },
    { isInUse: true, cut: () => {} },
  ];
  const context = await openScenarioContext({
    ...{ mode: 'row', headers: {}, slowdown: 1, name: 'cell', users: 3 },
    ...{ stack: { instances: [instance, instance, instance], mysql: { url: '' } } },
    ...{ proxies: { mysql: proxy, redis: proxy, redlock: [] } },
  } as unknown as ScenarioContextOptions);
  await context.end();
  expect(context.users).toEqual(users.map(({ id }) => id));
  expect(context.users).toHaveLength(3);
  expect(warmedUp.size).toBe(1);
  for (const id of warmedUp) expect(context.users).not.toContain(id);
});
