/** What is played on the page. One at a time: each would take another one's users and connections, and spoil its reading. */
export type Activity = 'stage' | 'stepper' | 'load';

/** Why the others wait. */
export const waitReasons: Readonly<Record<Activity, string>> = {
  stage: 'A run is under way, further up: this waits until it is over.',
  stepper: 'A race is led step by step: this waits until both its requests are answered, or let go.',
  load: 'A load is under way: this waits until it is over.',
};
