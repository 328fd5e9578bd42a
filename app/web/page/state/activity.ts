/** The activities of the page. Only one runs at a time: two would share users and connections, and distort each other. */
export type Activity = 'stage' | 'stepper' | 'load' | 'repair';

/** Why the other activities wait, by the one that runs. */
export const waitReasons: Readonly<Record<Activity, string>> = {
  stage: 'A run is in progress above: wait until it ends.',
  stepper: 'Two requests are held: finish or resume both first.',
  load: 'A load is in progress: wait until it ends.',
  repair: 'Users are being repaired: wait until that ends.',
};
