import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { startLocalServer } from '../../app/testing/local-server.ts';
import { noWitnesses } from '../verify/verdict.ts';
import { race } from './race.ts';

/**
 * A service in whose lab nothing is ever wrong. It answers a request once another one for its user arrives. With a guard, it
 * refuses all but those of its first client, so that no two that are carried out can overlap. Only `app-1` answers, and each
 * of the three instances is quiet.
 */
function startService({ refuses }: { readonly refuses: boolean }) {
  const waiting: (() => void)[] = [];
  let asked = 0;
  let admitted: Socket | undefined;
  const audit = { users: 1, ...noWitnesses, orphanCharges: 0, wronged: [] };
  return startLocalServer((request, response) => {
    const [, command = ''] = /^\/users\/7\/(pay|cancel)$/.exec(request.url ?? '') ?? [];
    if (request.url === '/healthz')
      send(response, 200, { status: 'ok', instance: `app-${1 + (asked++ % 3)}`, pid: 1, inFlight: 0 });
    else if (request.url === '/lab/audit') send(response, 200, audit);
    else if (request.url === '/lab/reset')
      send(response, 200, { users: [{ id: 7, name: 'Seven', paid: false, version: 0, balance: 0 }] });
    else {
      admitted ??= request.socket;
      const isRefused = refuses && request.socket !== admitted;
      waiting.push(() =>
        isRefused
          ? send(response, 409, { type: '/problems/lock-busy' })
          : send(response, 200, { status: command === 'pay' ? 'paid' : 'cancelled' }),
      );
      if (waiting.length === 2) for (const answer of waiting.splice(0)) answer();
    }
  });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-instance': 'app-1' }).end(JSON.stringify(body));
}

const raceOn = (url: string) => {
  const load = {
    users: 1,
    amounts: 1,
    connections: 2,
    seconds: 0.5,
    requests: 40,
    seed: 1,
    lockKey: 'payment',
  } as const;
  return race({ ...load, url, mode: 'memory', started: ['app-1', 'app-2', 'app-3'] });
};

test('held when requests overlapped and were carried out', async () => {
  await using service = await startService({ refuses: false });
  const { report } = await raceOn(service.url);
  expect(report.verdict).toBe('held');
  expect(report.overlapping).toBeGreaterThanOrEqual(20);
});

test('inconclusive when one of each two that overlapped was refused', async () => {
  await using service = await startService({ refuses: true });
  const { report } = await raceOn(service.url);
  expect(report).toMatchObject({ verdict: 'inconclusive', overlapping: 0, answers: { 'lock-busy': 20 } });
});

test('expects what the started instances should show, even if only one has answered', async () => {
  await using service = await startService({ refuses: false });
  const { report } = await raceOn(service.url);
  expect(report).toMatchObject({ instances: 3, expected: 'violated' });
});
