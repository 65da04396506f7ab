// SPDX-License-Identifier: Apache-2.0
// Holds the live socket off the page's thread: parsing a busy city costs more than a frame has.
import { advance, newConnection, type Connection, type ConnectionEvent } from './connection';
import { parseLiveMessage, type FromWorker, type ToWorker } from './messages';

/** Small slices, so that taking one in on the page's thread stays far below a frame. */
const sliceSize = 250;
const tickMs = 250;

let connection: Connection = newConnection(Date.now());
let socket: WebSocket | null = null;
let address = '';

function tell(message: FromWorker): void {
  postMessage(message);
}

function handle(event: ConnectionEvent): void {
  const before = connection;
  const { next, wish } = advance(connection, event);
  connection = next;
  if (next.phase !== before.phase || next.attempts !== before.attempts || next.retryAt !== before.retryAt) {
    tell({ kind: 'connection', connection });
  }
  if (wish === 'open') open();
  if (wish === 'close') abandon();
}

function abandon(): void {
  const old = socket;
  socket = null;
  old?.close();
}

function open(): void {
  const url = new URL(address);
  if (connection.cursor !== null) url.searchParams.set('cursor', connection.cursor);
  const mine = new WebSocket(url);
  socket = mine;
  const isMine = () => socket === mine;
  mine.onopen = () => isMine() && handle({ kind: 'opened', now: Date.now() });
  mine.onclose = () => isMine() && handle({ kind: 'closed', now: Date.now(), jitter: Math.random() });
  mine.onmessage = (event: MessageEvent<unknown>) => {
    if (isMine() && typeof event.data === 'string') receive(event.data);
  };
}

function receive(text: string): void {
  const message = parseLiveMessage(text);
  handle({ kind: 'heard', now: Date.now(), cursor: message?.cursor ?? null });
  if (!message) return;
  if (message.kind === 'resync') connection = { ...connection, cursor: message.cursor };
  if (message.kind === 'gone') tell({ kind: 'gone', ids: message.ids });
  if (message.kind === 'resync') tell({ kind: 'resync', reason: message.reason });
  if (message.kind !== 'changes') return;
  for (let from = 0; from < message.changes.length; from += sliceSize) {
    tell({ kind: 'changes', changes: message.changes.slice(from, from + sliceSize) });
  }
}

addEventListener('message', (event: MessageEvent<ToWorker>) => {
  if (event.data.kind === 'retry') {
    if (connection.retryAt !== null) connection = { ...connection, retryAt: Date.now() };
    return;
  }
  address = event.data.url;
  connection = newConnection(Date.now());
  open();
  setInterval(() => handle({ kind: 'tick', now: Date.now(), jitter: Math.random() }), tickMs);
});
