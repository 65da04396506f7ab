// SPDX-License-Identifier: Apache-2.0
import 'maplibre-gl/dist/maplibre-gl.css';
import './map.css';
import './map_fonts.css';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { FilterButton } from '../filter/FilterButton';
import { FilterPanel } from '../filter/FilterPanel';
import { useWords } from '../i18n/use_words';
import { useSlowCityVersion, useFeed, useServices } from '../shell/context';
import { Face } from '../shell/Face';
import { Icon } from '../shell/Icon';
import { useTheme } from '../shell/theme';
import { go, useView } from '../shell/view_store';
import { HerePanel } from './HerePanel';
import type { MarkerLook } from './marker_layer';
import { MapView } from './map_view';

const legendWidth = 275;

export default function MapRoom() {
  const words = useWords();
  const view = useView();
  const frame = useRef<HTMLDivElement>(null);
  const { services, map, status } = useMapView(frame);
  const [isFilterOpen, setFilterOpen] = useState(() => innerWidth > 900);
  const { loading } = useFeed();
  useEffect(() => {
    if (map) map.covered = isFilterOpen ? legendWidth : 0;
  }, [map, isFilterOpen]);
  const isEmpty = services.city.size === 0;
  if (status === 'no-webgl') return <NoWebGl />;
  return (
    <div className="map-room">
      <p id="map-help" className="only-spoken">
        {words.t('map.help')}
      </p>
      <div ref={frame} className="map-frame" />
      {isEmpty && loading !== 'no' ? <Floating title={words.t('loading.city')} kind="loading" /> : null}
      {isEmpty && loading === 'no' ? (
        <Floating title={words.t('empty.city')} kind="empty" hint={words.t('empty.cityHint')} />
      ) : null}
      {status === 'no-tiles' ? <p className="map-note">{words.t('map.noTiles')}</p> : null}
      <div className="map-left">
        <FilterButton className="panel-button" isOpen={isFilterOpen} onPress={() => setFilterOpen(!isFilterOpen)} />
        {isFilterOpen ? <FilterPanel /> : null}
      </div>
      <div className="map-tools">
        <Button className="button button-icon" aria-label={words.t('map.zoomIn')} onPress={() => map?.zoomBy(1)}>
          <Icon name="plus" />
        </Button>
        <Button className="button button-icon" aria-label={words.t('map.zoomOut')} onPress={() => map?.zoomBy(-1)}>
          <Icon name="minus" />
        </Button>
        <Button className="button button-icon" aria-label={words.t('map.home')} onPress={() => map?.home()}>
          <Icon name="home" />
        </Button>
      </div>
      {map ? <HerePanel map={map} /> : null}
      <ShownCount map={map} text={view.text} />
    </div>
  );
}

/** Owns the MapView: makes it once, and tells it of every change of view, colours, words and data. */
function useMapView(frame: React.RefObject<HTMLDivElement | null>) {
  const services = useServices();
  const words = useWords();
  const view = useView();
  const theme = useTheme();
  const [map, setMap] = useState<MapView | null>(null);
  const [status, setStatus] = useState<'ok' | 'no-tiles' | 'no-webgl'>('ok');
  const look = useMemo<MarkerLook>(
    () => ({
      filter: { types: view.types, freshness: view.freshness, text: '' },
      selected: view.selected,
      theme,
      words,
      glides: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    }),
    [view.types, view.freshness, view.selected, theme, words],
  );
  const first = useRef({ look, camera: view.camera });
  useEffect(() => {
    if (!frame.current) return;
    const made = MapView.make(frame.current, services.city, first.current.look, first.current.camera, {
      onCamera: (camera) => go({ camera }),
      onSelect: (selected) => go({ selected }),
      onStatus: setStatus,
    });
    setMap(made);
    if (!made) setStatus('no-webgl');
    return () => made?.remove();
  }, [frame, services.city]);
  useEffect(() => map?.show(look), [map, look]);
  useEffect(() => {
    if (view.camera) map?.follow(view.camera);
  }, [map, view.camera]);
  useEffect(() => {
    if (view.selected) map?.reveal(view.selected);
  }, [map, view.selected]);
  useEffect(() => (map ? services.city.subscribe(map.refresh) : undefined), [map, services.city]);
  const { connection, loading } = useFeed();
  const { phase } = connection;
  useEffect(() => {
    if (loading === 'no') map?.settle();
  }, [map, loading]);
  useEffect(() => {
    if (phase === 'live') map?.recover();
  }, [map, phase]);
  return { services, map, status };
}

function ShownCount({ map }: { map: MapView | null; text: string }) {
  const words = useWords();
  useSlowCityVersion();
  return <p className="map-count">{map ? words.count('filter.shown', map.shown) : ''}</p>;
}

function NoWebGl() {
  const words = useWords();
  return (
    <Face kind="failed" title={words.t('map.noWebGl')}>
      <Button className="button" onPress={() => go({ room: 'list' })}>
        {words.t('map.toList')}
      </Button>
    </Face>
  );
}

function Floating({ kind, title, hint }: { kind: 'empty' | 'loading'; title: string; hint?: string }) {
  return (
    <div className="map-floating">
      <Face kind={kind} title={title}>
        {hint ? <p>{hint}</p> : null}
      </Face>
    </div>
  );
}
