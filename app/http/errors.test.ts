import { Writable } from 'node:stream';
import express from 'express';
import pino from 'pino';
import { expect, test } from 'vitest';
import { call } from '../testing/client.ts';
import { startLocalServer } from '../testing/local-server.ts';
import { answerErrors } from './errors.ts';
import { ProblemError } from './problem.ts';

test('the log names the problem and its cause, which the answer does not have', async () => {
  const lines: string[] = [];
  const sink = new Writable({ write: (line, _encoding, done) => done(void lines.push(String(line))) });
  const fail = () => {
    throw new ProblemError('unfinished', 'It may be half done.', { cause: new Error('Connection lost') });
  };
  await using server = await startLocalServer(
    express()
      .get('/', fail)
      .use(answerErrors(pino({}, sink))),
  );
  const { status, body } = await call('/', { url: server.url });
  expect(status).toBe(503);
  expect(JSON.stringify(body)).not.toContain('Connection lost');
  expect(lines.join('')).toMatch(/"problem":"unfinished".*Connection lost/); // as the alert in deploy/README.md looks for
});
