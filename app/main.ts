import { ConfigError, readConfig } from './config.ts';
import { runInstance } from './run-instance.ts';

try {
  await runInstance(readConfig());
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message);
  else console.error('Could not start:', error);
  process.exit(1);
}
