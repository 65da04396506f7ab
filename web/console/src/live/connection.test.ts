// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  beatTimeoutMs,
  longestRetryMs,
  newConnection,
  retryDelayMs,
  type Connection,
  type ConnectionEvent,
} from './connection';
import { parseLiveMessage } from './messages';

function run(events: ConnectionEvent[], from: Connection = newConnection(0)) {
  let connection = from;
  const wishes: string[] = [];
  for (const event of events) {
    const { next, wish } = advance(connection, event);
    connection = next;
    wishes.push(wish);
  }
  return { connection, wishes };
}

describe('the connection', () => {
  it('is told lost within 5 s of the last beat, by a tick of a quarter second', () => {
    let { connection } = run([
      { kind: 'opened', now: 0 },
      { kind: 'heard', now: 1000, cursor: 'a' },
    ]);
    let lostAt = 0;
    for (let now = 1000; now < 20_000 && lostAt === 0; now += 250) {
      connection = advance(connection, { kind: 'tick', now, jitter: 0 }).next;
      if (connection.phase === 'lost') lostAt = now;
    }
    expect(lostAt - 1000).toBeLessThanOrEqual(5000);
    expect(beatTimeoutMs).toBeGreaterThan(4000);
  });

  it('closes a silent socket, waits, opens again and resumes at the cursor', () => {
    const { connection, wishes } = run([
      { kind: 'opened', now: 0 },
      { kind: 'heard', now: 0, cursor: '17' },
      { kind: 'tick', now: 4501, jitter: 0 },
      { kind: 'tick', now: 4600, jitter: 0 },
      { kind: 'tick', now: 4751, jitter: 0 },
    ]);
    expect(wishes).toEqual(['none', 'none', 'close', 'none', 'open']);
    expect(connection).toMatchObject({ phase: 'lost', cursor: '17', lostSince: 4501, retryAt: null });
    const back = advance(connection, { kind: 'heard', now: 5000, cursor: null }).next;
    expect(back).toMatchObject({ phase: 'live', attempts: 0, lostSince: null, cursor: '17' });
  });

  it('counts one attempt for one loss, however often the close is told', () => {
    const closed: ConnectionEvent = { kind: 'closed', now: 10, jitter: 0 };
    expect(run([closed, closed, closed]).connection.attempts).toBe(1);
  });

  it('keeps the time of the first loss over failed attempts', () => {
    const { connection } = run([
      { kind: 'closed', now: 10, jitter: 0 },
      { kind: 'tick', now: 1000, jitter: 0 },
      { kind: 'closed', now: 1100, jitter: 0 },
    ]);
    expect(connection).toMatchObject({ lostSince: 10, attempts: 2 });
  });

  it('waits longer each time, never beyond the limit, never at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, jitter) => {
          const wait = retryDelayMs(attempts, jitter);
          expect(wait).toBeGreaterThanOrEqual(250);
          expect(wait).toBeLessThanOrEqual(longestRetryMs);
        },
      ),
    );
    expect(retryDelayMs(3, 0)).toBeGreaterThan(retryDelayMs(1, 0.999));
  });
});

describe('live messages', () => {
  it('reads changes with deleted attributes', () => {
    const message = parseLiveMessage(
      '{"kind":"changes","at":"2026-01-01T00:00:00Z","cursor":"2-a","entities":[{"id":"urn:a:1","type":"Lamp","on":null,"speed":{"value":3}},{"id":5}]}',
    );
    expect(message).toMatchObject({ kind: 'changes', cursor: '2-a' });
    const changes = message?.kind === 'changes' ? message.changes : [];
    expect(changes).toHaveLength(1);
    expect(changes[0]?.gone).toEqual(['on']);
  });

  it.each([
    ['{"kind":"hello","cursor":"c"}', { kind: 'hello', cursor: 'c' }],
    ['{"kind":"beat"}', { kind: 'beat', cursor: null }],
    ['{"kind":"gone","ids":["urn:a:1",7]}', { kind: 'gone', cursor: null, ids: ['urn:a:1'] }],
    ['{"kind":"resync","reason":"slow"}', { kind: 'resync', cursor: null, reason: 'slow' }],
  ])('reads %s', (text, want) => expect(parseLiveMessage(text)).toEqual(want));

  it('leaves out what it does not know, whatever it is', () => {
    expect(parseLiveMessage('{"kind":"news"}')).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => parseLiveMessage(text) === null || text.includes('kind')));
  });
});
