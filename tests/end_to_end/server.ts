// SPDX-License-Identifier: Apache-2.0
// Starts the real server program for a test, on a free port and an empty data directory, and ends it again.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');
const readyMs = 60_000;
const program = process.env['HORAD_BIN'] ?? join(root, 'build', 'release', 'horad');

export interface Demo {
  stop: () => Promise<void>;
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((done) => child.once('exit', () => done()));
}

/** A server process of our own. The port stays the same over restarts, so that a page can find it again. */
export class Server {
  readonly #directory = mkdtempSync(join(tmpdir(), 'horad-e2e-'));
  #child: ChildProcess | null = null;
  #port = 0;
  #said = '';

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts and waits until it is ready to answer. Errors: throws with what the program said. */
  async start(): Promise<void> {
    if (!existsSync(program)) throw new Error(`HORAD_BIN names no program: ${program}`);
    const portFile = join(this.#directory, 'port');
    rmSync(portFile, { force: true });
    const tiles = tilesFile();
    const child = spawn(program, [
      'serve',
      ...['--data', join(this.#directory, 'data')],
      ...['--listen', `127.0.0.1:${this.#port}`],
      ...['--access', 'open'],
      ...['--web', join(root, 'web', 'console', 'dist')],
      ...['--port-file', portFile],
      ...(tiles ? ['--tiles', tiles] : []),
    ]);
    this.#child = child;
    child.stdout.on('data', (data: Buffer) => (this.#said += data.toString()));
    child.stderr.on('data', (data: Buffer) => (this.#said += data.toString()));
    for (const end = Date.now() + readyMs; Date.now() < end; await sleep(100)) {
      if (child.exitCode !== null) throw new Error(`The server ended: ${this.#said}`);
      const port = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8').trim().split(':').pop()) : 0;
      if (port > 0) this.#port = port;
      if (port > 0 && (await this.#answers())) return;
    }
    throw new Error(`The server was not ready in time: ${this.#said}`);
  }

  async #answers(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child) return;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await ended(child);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Lets the demo town play: devices, a little history, then readings in real time. Waits for the first bus. */
  async playDemo(backfill: string): Promise<Demo> {
    const child = spawn(program, ['demo', 'play', '--url', this.url, '--backfill', backfill], { stdio: 'ignore' });
    const stop = async () => {
      child.kill('SIGTERM');
      await ended(child);
    };
    for (const end = Date.now() + 2 * readyMs; Date.now() < end; await sleep(500)) {
      const answer = await fetch(`${this.url}/ngsi-ld/v1/entities?type=Vehicle&limit=1`).catch(() => null);
      if (answer?.ok && ((await answer.json()) as unknown[]).length > 0) return { stop };
    }
    await stop();
    throw new Error('The demo town sent nothing in time.');
  }

  async upsert(entities: readonly object[]): Promise<void> {
    const answer = await fetch(`${this.url}/ngsi-ld/v1/entityOperations/upsert`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(entities),
    });
    if (!answer.ok) throw new Error(`upsert: ${answer.status} ${await answer.text()}`);
  }

  async delete(id: string): Promise<void> {
    await fetch(`${this.url}/ngsi-ld/v1/entities/${encodeURIComponent(id)}`, {
      method: 'DELETE',
    });
  }
}

/** The base map of the demo town, made by `horad demo make`; null when it was not made. */
function tilesFile(): string | null {
  const file = process.env['HORAD_TILES'] ?? join(root, 'data', 'town', 'town.mbtiles');
  return existsSync(file) ? file : null;
}
