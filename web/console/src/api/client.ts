// SPDX-License-Identifier: Apache-2.0
import { failed, ready, type Loaded, type Problem } from '@horad/shared/loaded';

const timeoutMs = 15_000;

export interface Answer {
  json: unknown;
  headers: Headers;
}

async function problemOf(response: Response): Promise<Problem> {
  const plain: Problem = { title: response.statusText || String(response.status), detail: '', status: response.status };
  try {
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null) return plain;
    const title = 'title' in body && typeof body.title === 'string' ? body.title : plain.title;
    const detail = 'detail' in body && typeof body.detail === 'string' ? body.detail : '';
    return { title, detail, status: response.status };
  } catch {
    return plain;
  }
}

/** GETs JSON from our own server. Never throws; an abort comes back as a failure the caller no longer looks at. */
export async function getJson(path: string, signal: AbortSignal): Promise<Loaded<Answer>> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(path, {
      headers: { Accept: 'application/json' },
      signal: AbortSignal.any([signal, limit]),
    });
    if (!response.ok) return failed(await problemOf(response));
    const json: unknown = await response.json();
    return ready({ json, headers: response.headers }, new Date());
  } catch (error) {
    const title = limit.aborted ? 'timeout' : 'no-connection';
    return failed({ title, detail: error instanceof Error ? error.message : '', status: null });
  }
}
