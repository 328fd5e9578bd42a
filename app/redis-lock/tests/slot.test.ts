import { expect, test } from 'vitest';
import { slotOf } from '../adapters/slot.ts';

// The first is the example of the specification: its CRC is 0x31c3.
test.each([
  ['123456789', 0x31c3 % 16_384],
  ['user1000', 3443],
  ['{user1000}.following', 3443],
  ['foo{{bar}}zap', slotOf('{bar')],
])('the slot of %s is %i', (key, slot) => {
  expect(slotOf(key)).toBe(slot);
});
