import { expect, test } from 'vitest';
import { lockKeys } from '../src/keys.ts';

/** What Redis Cluster hashes: what is between the first { and the next }, or the whole key when that is nothing. */
const hashed = (key: string) => /^[^{]*\{([^}]+)\}/.exec(key)?.[1] ?? key;

test.each(['plain', 'order:{42}:pay', '{42}', 'x{y}z}', '{{42}}', 'ключ:{42}', 'with a space and "quotes"', '😀'])(
  'puts all keys of the lock %s into one slot',
  (key) => {
    const { all } = lockKeys(key);
    expect(all[0]).toBe(key);
    expect(new Set(all).size).toBe(3);
    expect(new Set(all.map(hashed)).size).toBe(1);
  },
);

test.each(['', 'a{}b', 'a{}b{c}', '{', '}', 'x}y', 'x{y', '}{', 'x{y}:queue', '{x}:fence'])(
  'rejects %j: no common slot, or keys of another lock',
  (key) => {
    expect(() => lockKeys(key)).toThrow(TypeError);
  },
);

test.each(['\ud83d', 'a\ude00b', '{\ud83d}', '\ude00\ud83d'])('rejects a lone surrogate: %j', (key) => {
  expect(() => lockKeys(key)).toThrow(TypeError);
});

test.each([
  ['42', '{42}'],
  ['{42}', '{{42}}'],
  ['x{y}', 'x{y}:pay'],
  ['plain', 'plain:queue'],
])('gives the locks %s and %s no key in common', (one, two) => {
  expect(new Set([...lockKeys(one).all, ...lockKeys(two).all]).size).toBe(6);
});

test.each(['plain', 'order:{42}:pay'])('puts a prefix before the other keys of %s, in the same slot', (key) => {
  const [lock, ...others] = lockKeys(key, 'app:').all;
  const [, ...plain] = lockKeys(key).all;
  expect(lock).toBe(key);
  expect(others).toEqual(plain.map((name) => `app:${name}`));
  expect(new Set([lock, ...others].map(hashed)).size).toBe(1);
});

test.each(['plain', 'ключ', 'a{b}c'])('encodes the keys of %s as RESP bulk strings', (key) => {
  const { all, encoded } = lockKeys(key);
  expect(encoded).toBe(all.map((name) => `$${Buffer.byteLength(name)}\r\n${name}\r\n`).join(''));
});
