// SPDX-License-Identifier: Apache-2.0
// The life of the live feed's connection, without a socket or a clock: events in, state and wishes out.

/** The server beats every 2 s. Two missed beats and a little grace are a lost connection: told within 5 s. */
export const beatTimeoutMs = 4500;
export const firstRetryMs = 500;
export const longestRetryMs = 15_000;

export interface Connection {
  phase: 'connecting' | 'live' | 'lost';
  heardAt: number; // last sign of life, ms
  lostSince: number | null; // when the loss was noticed; null while live or in the first attempt
  attempts: number; // failed attempts in a row
  retryAt: number | null; // when to open the socket again; null while a socket is open or opening
  cursor: string | null; // where to resume
}

export type ConnectionEvent =
  | { kind: 'opened'; now: number }
  | { kind: 'heard'; now: number; cursor: string | null }
  | { kind: 'closed'; now: number; jitter: number } // jitter in [0, 1)
  | { kind: 'tick'; now: number; jitter: number };

export type Wish = 'none' | 'open' | 'close';

export function newConnection(now: number): Connection {
  return { phase: 'connecting', heardAt: now, lostSince: null, attempts: 0, retryAt: null, cursor: null };
}

/** The wait before attempt n (from 1): doubling, at most 15 s, spread over its upper half so that clients do not flock. */
export function retryDelayMs(attempts: number, jitter: number): number {
  const ceiling = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.max(0, attempts - 1));
  return ceiling * (0.5 + jitter / 2);
}

function lose(connection: Connection, now: number, jitter: number): Connection {
  const attempts = connection.attempts + 1;
  return {
    ...connection,
    phase: 'lost',
    attempts,
    lostSince: connection.lostSince ?? now,
    retryAt: now + retryDelayMs(attempts, jitter),
  };
}

/** Advances the connection by one event. The wish tells the owner of the socket what to do now. */
export function advance(connection: Connection, event: ConnectionEvent): { next: Connection; wish: Wish } {
  switch (event.kind) {
    case 'opened':
      return { next: { ...connection, heardAt: event.now, retryAt: null }, wish: 'none' };
    case 'heard':
      return {
        next: {
          phase: 'live',
          heardAt: event.now,
          lostSince: null,
          attempts: 0,
          retryAt: null,
          cursor: event.cursor ?? connection.cursor,
        },
        wish: 'none',
      };
    case 'closed':
      if (connection.retryAt !== null) return { next: connection, wish: 'none' };
      return { next: lose(connection, event.now, event.jitter), wish: 'none' };
    case 'tick': {
      if (connection.retryAt !== null) {
        if (event.now < connection.retryAt) return { next: connection, wish: 'none' };
        return { next: { ...connection, heardAt: event.now, retryAt: null }, wish: 'open' };
      }
      if (event.now - connection.heardAt <= beatTimeoutMs) return { next: connection, wish: 'none' };
      return { next: lose(connection, event.now, event.jitter), wish: 'close' };
    }
  }
}
