// SPDX-License-Identifier: Apache-2.0
import { ready, type Loaded } from '@horad/shared/loaded';
import { getJson } from './client';

export interface TileInfo {
  bounds: [number, number, number, number] | null; // west, south, east, north
}

/** The TileJSON of the base map; failed with status 404 when the server has none. */
export async function loadTileInfo(address: string, signal: AbortSignal): Promise<Loaded<TileInfo>> {
  const answer = await getJson(address, signal);
  if (answer.state !== 'ready') return answer;
  const { json } = answer.value;
  const bounds: unknown = typeof json === 'object' && json !== null && 'bounds' in json ? json.bounds : null;
  return ready({ bounds: parseBounds(bounds) }, answer.at);
}

function parseBounds(value: unknown): TileInfo['bounds'] {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [west, south, east, north] = value.map(Number);
  const isBox =
    west !== undefined &&
    south !== undefined &&
    east !== undefined &&
    north !== undefined &&
    west < east &&
    south < north;
  // A box around the whole world says nothing about where the city is.
  return isBox && east - west < 90 ? [west, south, east, north] : null;
}
