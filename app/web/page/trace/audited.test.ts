import { expect, test } from 'vitest';
import type { AuditedUser } from '../../../lab/audit-schema.ts';
import { listEvents } from '../narrative/steps/list-events.ts';
import { traceOfAudit } from './audited.ts';
import { readTrace } from './steps.ts';

type Steps = AuditedUser['requests'][number]['steps'];

const at = (ms: number) => `2026-01-01T00:00:00.${String(ms * 1000).padStart(6, '0')}Z`;
const wrote = (ms: number, readVersion: number, overwroteVersion: number) =>
  ({ at: at(ms), did: 'wrote', paid: true, readVersion, overwroteVersion }) as const;
const charged = (ms: number) => ({ at: at(ms), did: 'charged', chargeId: 1, amount: 4900 }) as const;

function traceOf(...requests: readonly Steps[]) {
  const shown = requests.map((steps, index) => ({
    requestId: `r-${index}`,
    instance: 'app-1',
    command: 'pay' as const,
    steps,
  }));
  const user: AuditedUser = { userId: 1, wrong: 'chargedTwice', what: 'User 1 is charged twice', requests: shown };
  return readTrace(traceOfAudit(user, 'none'));
}
const inLines = (...requests: readonly Steps[]) =>
  listEvents(traceOf(...requests)).map(({ ms, short }) => `${ms.toFixed(1)} ${short}`);

test('places a read before its request acts', () => {
  expect(inLines([charged(10.5), wrote(30, 4, 4)])).toEqual([
    '0.0 A had read v4',
    '0.0 A got charge 1 of 49.00 confirmed',
    '19.5 A wrote v5 (paid), decided on v4',
  ]);
});

test('places a read before the version that it found is overwritten', () => {
  expect(inLines([wrote(10, 1, 1)], [charged(20), wrote(30, 1, 2)])).toEqual([
    '0.0 A had read v1',
    '0.0 B had read v1',
    '0.0 A wrote v2 (paid), decided on v1',
    '10.0 B got charge 1 of 49.00 confirmed',
    '20.0 B wrote v3 (paid), decided on v1: v2 (paid) by A (pay) is lost',
  ]);
});

test('has two reads of a request that writes twice; the second one knows the flag', () => {
  expect(inLines([wrote(0, 1, 1), wrote(20, 2, 2)])).toEqual([
    '0.0 A had read v1',
    '0.0 A wrote v2 (paid), decided on v1',
    '20.0 A had read v2 (paid)',
    '20.0 A wrote v3 (paid), decided on v2',
  ]);
});

test('names the read and the victim of a lost update; the victim only if it is recorded', () => {
  const [lost] = traceOf([charged(0), wrote(30, 4, 5)], [wrote(20, 4, 4)]).anomalies;
  expect(lost).toMatchObject({ read: { requestId: 'r-0', step: 'read' }, lostWrite: { requestId: 'r-1' } });
  expect(traceOf([wrote(0, 1, 2)]).anomalies[0]).not.toHaveProperty('lostWrite');
});
