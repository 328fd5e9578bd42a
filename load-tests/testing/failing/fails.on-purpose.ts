import { describe, expect, test } from 'vitest';
import { useRedisPool } from '../../redis-lock/redis-pool.ts';

useRedisPool(1);

describe('a server of its own', () => {
  test("isn't 1 + 1 (= 3)?", () => expect(1 + 1).toBe(3));
});
test('passes', () => {});
