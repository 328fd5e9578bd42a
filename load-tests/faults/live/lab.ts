import express, { type Express } from 'express';
import pino from 'pino';
import { hostNames } from '../../../app/environment/value-types.ts';
import { answerErrors } from '../../../app/http/errors.ts';
import { refuseOtherHosts } from '../../../app/http/origin.ts';
import { requestLog } from '../../../app/http/request-log.ts';
import type { FaultControl } from '../../../app/lab/faults/fault.ts';
import { faultRoutes } from '../../../app/lab/faults/routes.ts';
import { startLocalServer } from '../../../app/testing/local-server.ts';
import { startProxy, type TcpProxy } from '../../../app/testing/proxy.ts';
import { type Stack, type StackOptions, startStack } from '../../stack/index.ts';
import { offerFaults } from './catalogue.ts';
import { createFaultControl } from './control.ts';

export interface LabOptions extends Pick<StackOptions, 'env' | 'port' | 'preferredPort' | 'onProgress'> {
  readonly instances: number;
  /** Called with a line for each fault that begins, ends or fails. */
  readonly onFault?: (message: string) => void;
}

/** A stack whose visitors can inject faults. Disposal ends everything. */
export interface Lab extends AsyncDisposable {
  readonly stack: Stack;
}

/**
 * Starts a stack whose nginx serves `/lab/faults`: its instances, its Redis and its database can be paused, killed and cut off
 * from there. Each instance reaches Redis by a proxy of its own.
 *
 * @throws as {@link startStack} does.
 */
export async function startLab({ instances, onFault = () => {}, ...options }: LabOptions): Promise<Lab> {
  const app = express().disable('x-powered-by').disable('etag');
  const server = await startLocalServer(app);
  const opened: AsyncDisposable[] = [server];
  const end = async () => {
    for (const part of opened.splice(0).reverse()) await part[Symbol.asyncDispose]();
  };
  try {
    const locations = `location /lab/faults {\n  proxy_pass ${server.url};\n}\n`;
    const stack = await startStack({ ...options, instances, locations, withoutInstances: true });
    opened.push(stack);
    const proxies = new Map<string, TcpProxy>();
    for (let number = 1; number <= instances; number++) {
      const proxy = await startProxy(stack.redis.url);
      opened.push(proxy);
      proxies.set(`app-${number}`, proxy);
    }
    await stack.restartInstances({ envOf: (name) => ({ REDIS_URL: `redis://127.0.0.1:${proxies.get(name)?.port}` }) });
    const { faults, link } = await offerFaults(stack, proxies);
    opened.push(link);
    const control = createFaultControl(faults, onFault);
    opened.push({ [Symbol.asyncDispose]: () => control.end() });
    serveFaults(app, control, options.env?.LAB_HOSTS);
    return { stack, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }
}

function serveFaults(app: Express, control: FaultControl, hosts = ''): void {
  const log = pino({ level: 'warn' });
  const names = hosts === '' ? [] : hostNames.parse(hosts);
  app.use(requestLog(log), refuseOtherHosts(names), faultRoutes(control), answerErrors(log));
}
