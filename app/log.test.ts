import pino from 'pino';
import { expect, test } from 'vitest';
import { logSerializers } from './log.ts';

const lines: Record<string, unknown>[] = [];
const log = pino({ serializers: logSerializers }, { write: (line: string) => void lines.push(JSON.parse(line)) });

test('logs an error as pino does', () => {
  log.error({ err: new TypeError('why') }, 'it failed');
  expect(lines.pop()).toMatchObject({ msg: 'it failed', err: { type: 'TypeError', message: 'why' } });
});

test('logs an error that cannot be serialized', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  log.error({ err: Object.freeze(new Error('frozen')) }, 'it failed');
  expect(lines.pop()).toMatchObject({ msg: 'it failed', err: { message: 'frozen' } });
  log.error({ err: proxy }, 'it failed');
  expect(lines.pop()).toMatchObject({ msg: 'it failed', err: { message: 'an unreadable value of type object' } });
});
