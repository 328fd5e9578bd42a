import { expect, test } from 'vitest';
import { story } from './story.ts';

test.each(story.map((frame, index) => [index + 1, frame] as const))(
  'frame %i: no two steps of a lane overlap',
  (_, frame) => {
    for (const lane of ['pay', 'cancel', 'flag']) {
      const own = frame.steps.filter((step) => step.lane === lane).sort((a, b) => a.from - b.from);
      for (const [index, { from, to }] of own.entries()) {
        expect(from).toBeGreaterThan(own[index - 1]?.to ?? 0);
        expect(to).toBeGreaterThanOrEqual(from);
        expect(to).toBeLessThanOrEqual(6);
      }
    }
  },
);

test('the first four frames add steps, and the last of them alone has a lost update', () => {
  const texts = story.map(({ steps }) => steps.filter(({ lane }) => lane !== 'flag').map(({ text }) => text));
  for (const index of [1, 2, 3]) expect(texts[index]).toEqual(expect.arrayContaining(texts[index - 1] ?? []));
  expect(story.map(({ steps }) => steps.some(({ kind }) => kind === 'lost'))).toEqual([
    false,
    false,
    false,
    true,
    false,
  ]);
});
