import { testStack } from '../../../app/testing/stack.ts';
import { startKeeper } from '../../stack/processes/keeper.ts';
import { serviceProgram } from '../../stack/service/builds.ts';
import { startInstance } from '../../stack/service/instances.ts';

/** Another instance on the servers of the worker's stack, not behind its nginx. */
export interface PatientInstance extends AsyncDisposable {
  readonly url: string;
}

/** Starts an instance whose leases last as long as a test may take. */
export async function startPatientInstance(): Promise<PatientInstance> {
  const { mysqlUrl, redisUrl, redlockUrls } = testStack();
  const keeper = await startKeeper();
  try {
    const env = {
      MYSQL_URL: mysqlUrl,
      REDIS_URL: redisUrl,
      REDLOCK_URLS: redlockUrls.join(','),
      LAB: 'on',
      JOBS: 'off',
      LOG_LEVEL: 'warn',
      LOCK_WAIT_MS: '30000',
      LOCK_TTL_MS: '100000',
      MYSQL_TIMEOUT_MS: '30000',
      REDIS_TIMEOUT_MS: '30000',
    };
    const instance = await startInstance({ name: 'patient', env, program: serviceProgram }, keeper);
    return {
      url: instance.url,
      async [Symbol.asyncDispose]() {
        await instance.stop(); // shut down, so that no page loses a connection
        await keeper.end();
      },
    };
  } catch (error) {
    await keeper.end();
    throw error;
  }
}
