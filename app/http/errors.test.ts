import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import express from 'express';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { answerErrors } from './errors.ts';
import { ProblemError } from './problem.ts';

test('the log names the problem and its cause, which the answer does not have', async () => {
  const lines: string[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(String(line))) });
  const app = express()
    .get('/', () => {
      throw new ProblemError('unfinished', 'It may be half done.', { cause: new Error('Connection lost') });
    })
    .use(answerErrors(pino({}, sink)));
  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).not.toContain('Connection lost');
  expect(lines.join('')).toMatch(/"problem":"unfinished".*Connection lost/); // as the alert in deploy/README.md looks for
});
