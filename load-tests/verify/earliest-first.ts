/** A binary heap by deadline. */
export interface EarliestFirst<T> {
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

/** Operations are logarithmic; the order of equal deadlines is undefined. */
export function createEarliestFirst<T extends { readonly deadline: number }>(): EarliestFirst<T> {
  const heap: T[] = [];
  const deadlineAt = (index: number) => heap[index]?.deadline ?? Number.POSITIVE_INFINITY;

  return {
    peek: () => heap[0],
    push(item) {
      let hole = heap.length;
      for (let parent = (hole - 1) >> 1; hole > 0 && deadlineAt(parent) > item.deadline; parent = (hole - 1) >> 1) {
        heap[hole] = heap[parent] as T;
        hole = parent;
      }
      heap[hole] = item;
    },
    pop() {
      const first = heap[0];
      const last = heap.pop();
      if (last === undefined || heap.length === 0) return first;
      let hole = 0;
      for (let child = 1; child < heap.length; child = 2 * hole + 1) {
        if (deadlineAt(child + 1) < deadlineAt(child)) child += 1;
        if (deadlineAt(child) >= last.deadline) break;
        heap[hole] = heap[child] as T;
        hole = child;
      }
      heap[hole] = last;
      return first;
    },
  };
}
