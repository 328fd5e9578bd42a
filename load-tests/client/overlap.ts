/** Counts the requests that were sent while another one for the same user was under way. */
export interface Overlap {
  readonly count: number;
  /** A connection has one request under way at a time: to send the next is to have done with the last. */
  connection(): { sends(userId: number): void };
}

export function createOverlap(): Overlap {
  const underWay = new Map<number, number>();
  let count = 0;
  return {
    get count() {
      return count;
    },
    connection() {
      let last: number | undefined;
      return {
        sends(userId) {
          if (last !== undefined) underWay.set(last, (underWay.get(last) ?? 1) - 1);
          const others = underWay.get(userId) ?? 0;
          if (others > 0) count += 1;
          underWay.set(userId, others + 1);
          last = userId;
        },
      };
    },
  };
}
