import type { Acquisition, Lease } from '../../src/types.ts';
import type { LockProcess } from './lock-process.ts';
import type { RanRequest } from './request-effects.ts';
import type { SimulatedServer } from './simulated-server.ts';

export const keyName = (key: number): string => `key-${key}`;

/** A granted lease and its process. */
export interface LeaseRecord {
  readonly key: string;
  readonly member: Member;
  readonly lease: Lease;
  readonly grantedAt: number;
  readonly call: Call;
}

/** One call of acquire. */
export interface Call {
  readonly key: string;
  readonly member: Member;
  readonly waitMs: number;
  readonly ttlMs: number;
  /** Its token must be greater. */
  readonly minToken: bigint | undefined;
  readonly calledAt: number;
  readonly pausedMs: number;
  /** Its index among all acquires. */
  readonly number: number;
  readonly controller: AbortController;
  /** Whether it was aborted before it was settled. */
  wasAborted: boolean;
  settledAt: number | undefined;
  outcome: Acquisition['outcome'] | 'thrown' | undefined;
}

/** A process with its lock. A killed process and a closed lock are replaced by new ones. */
export interface Member extends LockProcess {
  readonly autoExtend: boolean;
  readonly fencing: boolean;
  readonly ttlMs: number;
  readonly openedAt: number;
  closing: Promise<void> | undefined;
}

/** Receives the events of a world. */
export interface WorldObserver {
  onGranted(granted: LeaseRecord): void;
  onCalled(call: Call): void;
  /** Its outcome is known. */
  onSettled(call: Call): void;
  onAborted(call: Call): void;
  /** A lease with this validity left is being released or extended. */
  onReleasing(granted: LeaseRecord, validForMs: number, answer: Promise<string>): void;
  onExtending(granted: LeaseRecord, ttlMs: number, validForMs: number, answer: Promise<string>): void;
  onClosing(member: Member, closing: Promise<void>): void;
  onRan(server: SimulatedServer, ran: RanRequest): void;
  onUncaught(error: unknown): void;
  /** A fault lasts until that time: waiters need not be served before. */
  onDisturbed(until: number): void;
}
