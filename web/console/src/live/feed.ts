// SPDX-License-Identifier: Apache-2.0
// Joins the first load, the live socket and the table of the city, and paces what the screens are told.
import type { Problem } from '@horad/shared/loaded';
import type { EntityId } from '@horad/shared/ngsi';
import { loadTypes, loadEntities, type LoadProgress } from '../api/entities';
import type { City, EntityChange } from './city';
import { newConnection, type Connection } from './connection';
import type { FromWorker, ToWorker } from './messages';
import { restoreSnapshot, saveSnapshot } from './snapshot';

/** How the table of the city stands. `partial`: the city has more entities than the console holds; never hidden. */
export interface FeedState {
  loading: 'first' | 'again' | 'no';
  problem: Problem | null;
  partial: LoadProgress['partial'];
  loadedAt: number | null; // end of the last full load, or the time of the kept snapshot
  fromSnapshot: boolean;
  connection: Connection;
}

const applyBudgetMs = 4;
const announceEveryMs = 200;
const reloadAfterProblemMs = 5000;
const snapshotEveryMs = 60_000;

export class Feed {
  state: FeedState;
  readonly #city: City;
  readonly #listeners = new Set<() => void>();
  readonly #waiting: (EntityChange[] | EntityId[])[] = [];
  #worker: Worker | null = null;
  #frame = 0;
  #announcedAt = 0;
  #reload: AbortController | null = null;
  /** Ids met by the running load, on its pages or in the live feed: the rest is gone when it ends. */
  #seen = new Set<EntityId>();

  constructor(city: City) {
    this.#city = city;
    this.state = {
      loading: 'first',
      problem: null,
      partial: null,
      loadedAt: null,
      fromSnapshot: false,
      connection: newConnection(Date.now()),
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Opens the socket first and loads second, so that no change falls between the two. */
  start(): void {
    if (this.#worker) return;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.#worker.onmessage = (event: MessageEvent<FromWorker>) => this.#receive(event.data);
    const url = new URL('/live', location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const start: ToWorker = { kind: 'start', url: url.href };
    this.#worker.postMessage(start);
    void restoreSnapshot().then((kept) => {
      if (!kept || this.#city.size > 0) return;
      this.#city.load(kept.entities);
      this.#city.announce();
      this.#change({ fromSnapshot: true, loadedAt: kept.at });
    });
    void this.load();
    setInterval(() => {
      if (this.state.connection.phase === 'live' && this.state.loading === 'no') void saveSnapshot(this.#city);
    }, snapshotEveryMs);
  }

  /** Does not wait for the next attempt to connect. */
  retryNow(): void {
    const retry: ToWorker = { kind: 'retry' };
    this.#worker?.postMessage(retry);
  }

  /** Loads everything anew; a running load is given up first. */
  async load(): Promise<void> {
    this.#reload?.abort();
    const mine = new AbortController();
    this.#reload = mine;
    this.#change({ loading: this.state.loadedAt === null ? 'first' : 'again' });
    const seen = new Set<EntityId>();
    this.#seen = seen;
    const types = await loadTypes(mine.signal);
    if (mine.signal.aborted) return;
    if (types.state !== 'ready') return this.#failed(types.state === 'failed' ? types.problem : null);
    const result = await loadEntities(types.value, mine.signal, (page, part) => {
      for (const entity of page) seen.add(entity.id);
      this.#city.load(page, part);
      this.#announceSoon();
    });
    if (mine.signal.aborted) return;
    if (result.state !== 'ready') return this.#failed(result.state === 'failed' ? result.problem : null);
    if (result.value.partial === null) this.#city.keepOnly(seen);
    this.#city.announce();
    this.#change({
      loading: 'no',
      problem: null,
      partial: result.value.partial,
      loadedAt: Date.now(),
      fromSnapshot: false,
    });
    void saveSnapshot(this.#city);
  }

  #failed(problem: Problem | null): void {
    this.#change({ loading: 'no', problem });
    setTimeout(() => {
      if (this.state.problem !== null) void this.load();
    }, reloadAfterProblemMs);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case 'connection':
        this.#change({ connection: message.connection });
        return;
      case 'resync':
        void this.load();
        return;
      case 'changes':
        this.#waiting.push(message.changes);
        break;
      case 'gone':
        this.#waiting.push(message.ids);
        break;
    }
    if (this.#frame === 0) this.#frame = requestAnimationFrame(this.#work);
  }

  /** Takes in waiting slices for a few milliseconds a frame; what is left waits for the next frame. */
  #work = (): void => {
    const end = performance.now() + applyBudgetMs;
    while (this.#waiting.length > 0 && performance.now() < end) {
      const slice = this.#waiting.shift() ?? [];
      if (isChanges(slice)) {
        this.#city.apply(slice);
        for (const { id } of slice) this.#seen.add(id);
      } else {
        this.#city.remove(slice);
        for (const id of slice) this.#seen.delete(id);
      }
    }
    this.#frame = this.#waiting.length > 0 ? requestAnimationFrame(this.#work) : 0;
    this.#announceSoon();
  };

  #announceSoon(): void {
    const wait = this.#announcedAt + announceEveryMs - performance.now();
    if (this.#announcedAt === Infinity) return;
    this.#announcedAt = Infinity;
    setTimeout(
      () => {
        this.#announcedAt = performance.now();
        this.#city.announce();
      },
      Math.max(0, wait),
    );
  }

  #change(part: Partial<FeedState>): void {
    this.state = { ...this.state, ...part };
    for (const listener of this.#listeners) listener();
  }
}

function isChanges(slice: EntityChange[] | EntityId[]): slice is EntityChange[] {
  return typeof slice[0] === 'object';
}
