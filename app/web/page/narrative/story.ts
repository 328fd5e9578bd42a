/** A step in the picture of the story. Steps follow each other from 1 to 6. */
interface StoryStep {
  readonly lane: 'pay' | 'cancel' | 'flag';
  readonly from: number;
  /** The last one that it lasts for. */
  readonly to: number;
  readonly kind: 'read' | 'act' | 'write' | 'wait' | 'lost' | 'value';
  readonly text: string;
}

/** One picture of the story, and its sentence. */
interface StoryFrame {
  readonly text: string;
  readonly steps: readonly StoryStep[];
}

const step = (
  lane: StoryStep['lane'],
  [from, to]: readonly [number, number],
  kind: StoryStep['kind'],
  text: string,
): StoryStep => ({ lane, from, to, kind, text });

const unpaid = (to: number) => step('flag', [1, to], 'value', 'unpaid');
const payBegins = [step('pay', [1, 1], 'read', 'reads: unpaid'), step('pay', [2, 2], 'act', 'charges 49.00')];
const cancelReads = step('cancel', [3, 3], 'read', 'reads: unpaid');
const cancelEnds = [step('cancel', [4, 4], 'act', 'refunds 49.00'), step('cancel', [5, 5], 'write', 'writes unpaid')];

/** The race in four pictures, and the lock in a fifth. */
export const story: readonly StoryFrame[] = [
  {
    text: 'A pay reads the user, unpaid, and charges the card. It has not written the flag yet.',
    steps: [...payBegins, unpaid(2)],
  },
  {
    text: 'Meanwhile a cancel reads the same user: unpaid, with an open charge.',
    steps: [...payBegins, cancelReads, unpaid(3)],
  },
  {
    text: 'The cancel refunds the charge and writes “unpaid”. So far all is well.',
    steps: [...payBegins, cancelReads, ...cancelEnds, unpaid(5)],
  },
  {
    text: 'Now the pay writes “paid”, as it decided before. The cancel’s update is lost: access, and nothing paid.',
    steps: [
      ...payBegins,
      cancelReads,
      ...cancelEnds,
      step('pay', [6, 6], 'lost', '✕ writes paid'),
      unpaid(5),
      step('flag', [6, 6], 'lost', '✕ paid'),
    ],
  },
  {
    text: 'With a lock, the cancel waits until the pay has written. It reads what is true, and no update is lost.',
    steps: [
      ...payBegins,
      step('pay', [3, 3], 'write', 'writes paid'),
      step('cancel', [2, 3], 'wait', 'waits for the lock'),
      step('cancel', [4, 4], 'read', 'reads: paid'),
      step('cancel', [5, 5], 'act', 'refunds 49.00'),
      step('cancel', [6, 6], 'write', 'writes unpaid'),
      unpaid(2),
      step('flag', [3, 5], 'value', 'paid'),
      step('flag', [6, 6], 'value', 'unpaid'),
    ],
  },
];
