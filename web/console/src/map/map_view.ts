// SPDX-License-Identifier: Apache-2.0
// The map engine behind a narrow face: make it, tell it what to show, hear what the operator did.
import type { EntityId } from '@horad/shared/ngsi';
import { AttributionControl, Map as BaseMap, ScaleControl, type LngLatBoundsLike } from 'maplibre-gl';
import { loadTileInfo, type TileInfo } from '../api/tiles';
import type { City } from '../live/city';
import { fromMercator } from '../live/place';
import type { Camera } from '../shell/view_state';
import type { Bounds } from './clusters';
import { MarkerLayer, type MarkerLook } from './marker_layer';
import { mapStyle } from './style';

export interface MapEvents {
  onCamera: (camera: Camera) => void;
  onSelect: (id: EntityId) => void;
  onStatus: (status: 'ok' | 'no-tiles') => void;
}

const tilesAddress = '/tiles.json';
const still = { duration: 0 };

export class MapView {
  /** Called with the members of a cluster that no zoom can part. */
  onMany: ((ids: readonly EntityId[]) => void) | null = null;
  /** How much of the left edge lies under the legend, in pixels. */
  covered = 0;
  readonly #map: BaseMap;
  readonly #markers: MarkerLayer;
  readonly #city: City;
  readonly #events: MapEvents;
  readonly #stop = new AbortController();
  #look: MarkerLook;
  #tileState: 'asking' | 'there' | 'absent' | 'unknown' = 'asking';
  #bounds: TileInfo['bounds'] = null;
  #isPlaced: boolean;
  #hasTileTrouble = false;
  #waitsFor: EntityId | null = null;

  /** Null when the browser has no WebGL. */
  static make(
    frame: HTMLElement,
    city: City,
    look: MarkerLook,
    camera: Camera | null,
    events: MapEvents,
  ): MapView | null {
    try {
      return new MapView(frame, city, look, camera, events);
    } catch {
      return null;
    }
  }

  private constructor(frame: HTMLElement, city: City, look: MarkerLook, camera: Camera | null, events: MapEvents) {
    this.#city = city;
    this.#look = look;
    this.#events = events;
    this.#isPlaced = camera !== null;
    this.#map = new BaseMap({
      container: frame,
      style: mapStyle(look.theme, look.words.language, null),
      center: camera ? [camera.lng, camera.lat] : [25.8, 53.6],
      zoom: camera?.zoom ?? 12,
      maxZoom: 20,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      attributionControl: false,
      fadeDuration: look.glides ? 200 : 0,
      locale: {
        'Map.Title': look.words.t('map.label'),
        'AttributionControl.ToggleAttribution': look.words.t('map.source'),
      },
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#map.keyboard.disableRotation();
    this.#map.addControl(new AttributionControl({ compact: true }), 'bottom-right');
    this.#map.addControl(new ScaleControl({ maxWidth: 110, unit: 'metric' }), 'bottom-right');
    this.#map.getCanvas().setAttribute('aria-describedby', 'map-help');
    this.#markers = new MarkerLayer(this.#map, city, look);
    this.#listen();
    void this.#loadTiles();
  }

  remove(): void {
    this.#stop.abort();
    this.#markers.remove();
    this.#map.remove();
  }

  show(look: MarkerLook): void {
    const isOtherStyle = look.theme !== this.#look.theme || look.words !== this.#look.words;
    this.#look = look;
    this.#markers.show(look);
    if (isOtherStyle) {
      this.#map.getCanvas().setAttribute('aria-label', look.words.t('map.label'));
      this.#setStyle();
    }
  }

  /** The server is back: what could not be loaded is asked for again. */
  recover(): void {
    if (this.#tileState === 'unknown') void this.#loadTiles();
    else if (this.#hasTileTrouble && this.#map.getSource('city')) this.#map.refreshTiles('city');
    this.#hasTileTrouble = false;
  }

  refresh = (): void => {
    this.#markers.refresh();
    if (this.#waitsFor !== null) this.reveal(this.#waitsFor);
  };

  get shown(): number {
    return this.#markers.shown;
  }

  zoomBy(steps: number): void {
    this.#map.zoomTo(this.#map.getZoom() + steps, this.#look.glides ? { duration: 250 } : still);
  }

  /** Shows the whole city: the box of its entities, else the area of its base map. */
  home(isMoving = true): void {
    const bounds = this.#entityBounds() ?? this.#bounds;
    this.#isPlaced = true;
    if (bounds) this.#fit(bounds, isMoving);
  }

  /** The first load is over: the city is all there to be looked at, unless the operator looks elsewhere already. */
  settle(): void {
    if (!this.#isPlaced && this.#city.size > 0) this.home(false);
  }

  /** Goes where the address says, when it is not there already. */
  follow(camera: Camera): void {
    const { lng, lat } = this.#map.getCenter();
    const isThere =
      Math.abs(lng - camera.lng) < 2e-6 &&
      Math.abs(lat - camera.lat) < 2e-6 &&
      Math.abs(this.#map.getZoom() - camera.zoom) < 0.006;
    if (isThere || this.#map.isMoving()) return;
    this.#isPlaced = true;
    this.#map.jumpTo({ center: [camera.lng, camera.lat], zoom: camera.zoom });
  }

  /** Brings an entity onto the screen when it is not on it; waits for it when it is not loaded yet. */
  reveal(id: EntityId): void {
    const at = this.#city.get(id)?.at;
    this.#waitsFor = at || this.#city.get(id) ? null : id;
    if (!at) return;
    if (this.#map.getBounds().contains([at.lng, at.lat]) && this.#map.getZoom() >= 12) return;
    this.#isPlaced = true;
    const goal = { center: [at.lng, at.lat] as [number, number], zoom: Math.max(16, this.#map.getZoom()) };
    this.#map.easeTo({ ...goal, ...(this.#look.glides ? { duration: 600 } : still) });
  }

  #listen(): void {
    const map = this.#map;
    map.on('moveend', () => {
      if (!this.#isPlaced) return;
      const { lng, lat } = map.getCenter();
      this.#events.onCamera({ lng, lat, zoom: map.getZoom() });
    });
    map.on('error', () => (this.#hasTileTrouble = true));
    map.on('dragstart', () => (this.#isPlaced = true));
    map.on('zoomstart', (event) => (this.#isPlaced ||= event.originalEvent !== undefined));
    map.on('keydown' as 'click', () => (this.#isPlaced = true));
    map.on('click', (event) => this.#click(event.point.x, event.point.y));
    map.on('mousemove', (event) => {
      map.getCanvas().style.cursor = this.#markers.hit(event.point.x, event.point.y) ? 'pointer' : '';
    });
  }

  #click(x: number, y: number): void {
    const hit = this.#markers.hit(x, y);
    this.onMany?.(hit?.kind === 'many' && hit.box === null ? hit.ids : []);
    if (hit?.kind === 'one') this.#events.onSelect(hit.id);
    if (hit?.kind === 'many' && hit.box) {
      this.#isPlaced = true;
      this.#fit(lngLatBounds(hit.box), true);
    }
  }

  #fit(bounds: LngLatBoundsLike, isMoving: boolean): void {
    const frame = this.#map.getContainer();
    const edge = Math.min(60, frame.clientWidth / 8, frame.clientHeight / 8);
    // What the legend covers is not seen.
    const left = edge + (frame.clientWidth > 900 ? this.covered : 0);
    const padding = { left, top: edge, right: edge, bottom: edge };
    this.#map.fitBounds(bounds, {
      padding,
      maxZoom: 18,
      ...(isMoving && this.#look.glides ? { duration: 500 } : still),
    });
  }

  #entityBounds(): LngLatBoundsLike | null {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (const entity of this.#city.all) {
      if (!entity?.at) continue;
      west = Math.min(west, entity.at.lng);
      east = Math.max(east, entity.at.lng);
      south = Math.min(south, entity.at.lat);
      north = Math.max(north, entity.at.lat);
    }
    return west <= east ? [west, south, east, north] : null;
  }

  async #loadTiles(): Promise<void> {
    this.#tileState = 'asking';
    const answer = await loadTileInfo(tilesAddress, this.#stop.signal);
    if (this.#stop.signal.aborted) return;
    if (answer.state === 'ready') {
      this.#bounds = answer.value.bounds;
      // The browser draws the letters of the map: their files must be there before the first tile is.
      await loadMapFonts();
      this.#tileState = 'there';
      this.#setStyle();
    } else {
      this.#tileState = answer.state === 'failed' && answer.problem.status === 404 ? 'absent' : 'unknown';
    }
    this.#events.onStatus(this.#tileState === 'absent' ? 'no-tiles' : 'ok');
    if (!this.#isPlaced && this.#bounds) this.#fit(this.#bounds, false);
  }

  #setStyle(): void {
    const { theme, words } = this.#look;
    const address = this.#tileState === 'there' ? new URL(tilesAddress, location.href).href : null;
    this.#map.setStyle(mapStyle(theme, words.language, address));
  }
}

/** Both alphabets of each family: a letter that is drawn before its file is there would stay in a foreign face. */
async function loadMapFonts(): Promise<void> {
  const families = [
    '400 24px "Horad Sans"',
    '500 24px "Horad Sans Medium"',
    '600 24px "Horad Sans Semibold"',
    'italic 24px "Horad Sans Italic"',
  ];
  await Promise.allSettled(families.map((family) => document.fonts.load(family, 'AzАя')));
}

function lngLatBounds(box: Bounds): LngLatBoundsLike {
  const southWest = fromMercator(box.west, box.south);
  const northEast = fromMercator(box.east, box.north);
  return [southWest.lng, southWest.lat, northEast.lng, northEast.lat];
}
