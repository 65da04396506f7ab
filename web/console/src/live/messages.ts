// SPDX-License-Identifier: Apache-2.0
// The messages of /live, parsed at the edge, and what the feed's worker tells the page.
import { parseEntityId, type EntityId } from '@horad/shared/ngsi';
import { changeOf, type EntityChange } from './city';
import type { Connection } from './connection';

export type LiveMessage =
  | { kind: 'hello'; cursor: string | null }
  | { kind: 'changes'; cursor: string | null; changes: EntityChange[] }
  | { kind: 'gone'; cursor: string | null; ids: EntityId[] }
  | { kind: 'resync'; cursor: string | null; reason: string }
  | { kind: 'beat'; cursor: string | null };

export type FromWorker =
  | { kind: 'connection'; connection: Connection }
  | { kind: 'changes'; changes: EntityChange[] }
  | { kind: 'gone'; ids: EntityId[] }
  | { kind: 'resync'; reason: string };

export type ToWorker = { kind: 'start'; url: string } | { kind: 'retry' };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseChanges(list: unknown): EntityChange[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    if (!isObject(item)) return [];
    const id = parseEntityId(item['id']);
    const type: unknown = Array.isArray(item['type']) ? item['type'][0] : item['type'];
    return id === null || typeof type !== 'string' ? [] : [changeOf(item, id, type)];
  });
}

/** Null for text that is no message of ours: it is left out and the connection goes on. */
export function parseLiveMessage(text: string): LiveMessage | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(json)) return null;
  const cursor = typeof json['cursor'] === 'string' ? json['cursor'] : null;
  switch (json['kind']) {
    case 'hello':
      return { kind: 'hello', cursor };
    case 'beat':
      return { kind: 'beat', cursor };
    case 'changes':
      return { kind: 'changes', cursor, changes: parseChanges(json['entities']) };
    case 'gone': {
      const ids: unknown[] = Array.isArray(json['ids']) ? json['ids'] : [];
      return { kind: 'gone', cursor, ids: ids.map(parseEntityId).filter((id) => id !== null) };
    }
    case 'resync':
      return { kind: 'resync', cursor, reason: typeof json['reason'] === 'string' ? json['reason'] : '' };
    default:
      return null;
  }
}
