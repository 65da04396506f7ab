// SPDX-License-Identifier: Apache-2.0
// The last picture of the city, kept in the browser so that a start without a server shows it with its age.
import type { ParsedEntity } from '@horad/shared/ngsi';
import type { City } from './city';

export interface Snapshot {
  at: number; // ms since 1970 UTC
  entities: ParsedEntity[];
}

/** More would make saving felt; the rest comes back with the first load. */
const mostEntities = 20_000;
const database = 'horad';
const store = 'snapshot';

function opened(): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    if (typeof indexedDB === 'undefined') return resolve(null);
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(store);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
}

/** Never fails: a browser that keeps nothing (private window, full disk) only loses this comfort. */
export async function saveSnapshot(city: City): Promise<void> {
  const db = await opened();
  if (!db) return;
  const entities = city.all
    .filter((entity) => entity !== undefined)
    .slice(0, mostEntities)
    .map(({ id, type, attributes }) => ({ id, type, attributes }));
  const snapshot: Snapshot = { at: Date.now(), entities };
  await new Promise<void>((resolve) => {
    const transaction = db.transaction(store, 'readwrite');
    transaction.objectStore(store).put(snapshot, 'city');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => resolve();
  });
  db.close();
}

export async function restoreSnapshot(): Promise<Snapshot | null> {
  const db = await opened();
  if (!db) return null;
  const kept = await new Promise<unknown>((resolve) => {
    const request = db.transaction(store).objectStore(store).get('city');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  });
  db.close();
  return isSnapshot(kept) ? kept : null;
}

function isSnapshot(value: unknown): value is Snapshot {
  return (
    typeof value === 'object' && value !== null && 'at' in value && 'entities' in value && Array.isArray(value.entities)
  );
}
