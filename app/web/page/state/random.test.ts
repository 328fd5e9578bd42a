import { expect, test } from 'vitest';
import { seeded } from './random.ts';

const draw = (seed: number, stream: number) => {
  const random = seeded(seed, stream);
  return Array.from({ length: 50 }, () => random(1000));
};

test('the same seed and stream give the same numbers, in bounds', () => {
  expect(draw(7, 3)).toEqual(draw(7, 3));
  expect(draw(7, 3).every((number) => number >= 0 && number < 1000)).toBe(true);
});

test('another seed or stream gives others', () => {
  expect(draw(8, 3)).not.toEqual(draw(7, 3));
  expect(draw(7, 4)).not.toEqual(draw(7, 3));
});
