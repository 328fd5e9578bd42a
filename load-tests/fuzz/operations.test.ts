import { expect, test } from 'vitest';
import { startLocalServer } from '../../app/testing/local-server.ts';
import { readOperations } from './operations.ts';

test.each(['{"paths":{}}', '{"paths":{"/users":{"delete":{}}}}'])(
  'fails without an operation: %s',
  async (described) => {
    await using server = await startLocalServer((_, response) => response.end(described));
    await expect(readOperations(server.url)).rejects.toThrow('/openapi.json describes no GET or POST');
  },
);
