// SPDX-License-Identifier: Apache-2.0
import { formatNumber } from '@horad/shared/numbers';
import type { EntityId } from '@horad/shared/ngsi';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { loadEntity, rawAddress } from '../api/entities';
import { useWords } from '../i18n/use_words';
import type { Words } from '../i18n/words';
import { freshness, type CityEntity } from '../live/city';
import { useNow } from '../shell/clock';
import { useCityVersion, useFeed, useServices } from '../shell/context';
import { Face } from '../shell/Face';
import { Icon, KindIcon } from '../shell/Icon';
import { printView } from '../shell/view_state';
import { go, useView } from '../shell/view_store';
import { chartable, factsOf, type Facts } from './entity_model';

const HistoryChart = lazy(() => import('./HistoryChart'));

/** A link that opens with a selection must not take the focus from the top of the page. */
function isFirstSight(): boolean {
  return document.activeElement === document.body && performance.now() < 3000;
}

/** The selected entity. Opening it moves the focus to its heading; Escape closes it and gives the focus back. */
export function Drawer({ id }: { id: EntityId }) {
  const words = useWords();
  const { city } = useServices();
  useCityVersion();
  const heading = useRef<HTMLHeadingElement>(null);
  const problem = useWhole(id);
  useEffect(() => {
    const before = document.activeElement;
    if (!isFirstSight()) heading.current?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) go({ selected: null });
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const entity = city.get(id);
  const wasThere = useRef(false);
  if (entity) wasThere.current = true;
  return (
    <aside className="drawer" aria-label={words.t('drawer.label')}>
      <div className="drawer-head">
        {entity ? <KindIcon type={entity.type} size={36} /> : null}
        <div className="drawer-title">
          <h2 ref={heading} tabIndex={-1}>
            {words.name(entity?.name ?? '', id)}
          </h2>
          <p className="quiet">{entity ? words.type(entity.type) : ''}</p>
        </div>
        <Button
          className="button button-icon"
          aria-label={words.t('drawer.close')}
          onPress={() => go({ selected: null })}
        >
          <Icon name="close" />
        </Button>
      </div>
      {entity ? <Body entity={entity} /> : <Absent problem={wasThere.current ? words.t('drawer.gone') : problem} />}
    </aside>
  );
}

/** Asks for the entity with all its attributes: the table may hold only a part, or nothing yet. */
function useWhole(id: EntityId): string | null {
  const words = useWords();
  const { city } = useServices();
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    void loadEntity(id, stop.signal).then((answer) => {
      if (stop.signal.aborted) return;
      if (answer.state === 'ready') {
        city.load([answer.value]);
        city.announce();
      }
      if (answer.state === 'failed') {
        setProblem(answer.problem.status === 404 ? words.t('drawer.missing') : words.problem(answer.problem));
      }
    });
    return () => stop.abort();
  }, [id, city, words]);
  return problem;
}

function Absent({ problem }: { problem: string | null }) {
  const words = useWords();
  return problem ? <Face kind="failed" title={problem} /> : <Face kind="loading" title={words.t('loading.entity')} />;
}

function Body({ entity }: { entity: CityEntity }) {
  const words = useWords();
  const now = useNow();
  const facts = factsOf(entity, now);
  const numeric = chartable(facts.readings);
  return (
    <div className="drawer-body">
      <Freshness entity={entity} now={now} />
      <Values facts={facts} now={now} />
      {numeric.length > 0 ? (
        <Suspense fallback={<Face kind="loading" title={words.t('loading.chart')} />}>
          <HistoryChart entity={entity} attributes={numeric} />
        </Suspense>
      ) : null}
      <Relations facts={facts} />
      <Details entity={entity} facts={facts} />
      <div className="drawer-links">
        {entity.at ? <ShowOnMap entity={entity} /> : null}
        <a className="link" href={rawAddress(entity.id)} target="_blank" rel="noreferrer">
          <Icon name="link" size={16} />
          {words.t('drawer.raw')}
        </a>
      </div>
    </div>
  );
}

function Freshness({ entity, now }: { entity: CityEntity; now: number }) {
  const words = useWords();
  const { connection } = useFeed();
  const state = freshness(entity, now);
  if (entity.observedAt === null)
    return (
      <p className="badge" data-state="quiet">
        {words.t('state.quiet')}
      </p>
    );
  return (
    <p className="badge" data-state={connection.phase === 'lost' && state === 'ok' ? 'quiet' : state}>
      {state === 'stale' ? (
        <>
          <Icon name="clock" size={16} />
          {words.t('state.staleSince', { age: words.span(now - entity.observedAt) })}
        </>
      ) : (
        <>
          <span className="state-mark" data-state={state} aria-hidden="true" />
          {words.t('drawer.lastSeen')}: {words.age(entity.observedAt, now)}
        </>
      )}
    </p>
  );
}

function Values({ facts, now }: { facts: Facts; now: number }) {
  const words = useWords();
  return (
    <section>
      <h3>{words.t('drawer.values')}</h3>
      {facts.readings.length === 0 ? <p className="quiet">{words.t('drawer.noValues')}</p> : null}
      <dl className="values">
        {facts.readings.map(({ name, attribute, isStale }) => (
          <div key={name} className="value-row" data-stale={isStale}>
            <dt>{words.attribute(name)}</dt>
            <dd>
              <span className="value" data-kind={attribute.kind}>
                {words.value(attribute, name)}
              </span>
              <span className="age" data-state={isStale ? 'stale' : 'ok'}>
                {attribute.observedAt === null ? '' : words.age(attribute.observedAt, now)}
              </span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What a related entity is called; one the console does not hold by its id without the common beginning. */
function nameOfRelated(entity: CityEntity | undefined, id: EntityId, words: Words): string {
  return entity ? words.name(entity.name, id) : id.replace(/^urn:ngsi-ld:/, '');
}

function Relations({ facts }: { facts: Facts }) {
  const words = useWords();
  const view = useView();
  const { city } = useServices();
  if (facts.relations.length === 0) return null;
  return (
    <section>
      <h3>{words.t('drawer.relations')}</h3>
      <dl className="details">
        {facts.relations.map(({ name, id }) => (
          <div key={`${name} ${id}`} className="detail-row">
            <dt>{words.attribute(name)}</dt>
            <dd>
              <a
                className="link"
                href={printView({ ...view, selected: id })}
                onClick={(event) => {
                  event.preventDefault();
                  go({ selected: id });
                }}
              >
                {nameOfRelated(city.get(id), id, words)}
              </a>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Details({ entity, facts }: { entity: CityEntity; facts: Facts }) {
  const words = useWords();
  const interval = entity.attributes.has('reportingInterval');
  return (
    <section>
      <h3>{words.t('drawer.details')}</h3>
      <dl className="details">
        {facts.details.map(([name, attribute]) => (
          <div key={name} className="detail-row">
            <dt>{words.attribute(name)}</dt>
            <dd>{words.value(attribute, name)}</dd>
          </div>
        ))}
        {entity.at ? (
          <div className="detail-row">
            <dt>{words.attribute('location')}</dt>
            <dd className="mono">
              {formatNumber(entity.at.lat, 'en', 5)}, {formatNumber(entity.at.lng, 'en', 5)}
            </dd>
          </div>
        ) : null}
        <div className="detail-row">
          <dt>{words.t('drawer.id')}</dt>
          <dd className="mono">{entity.id}</dd>
        </div>
      </dl>
      {interval ? (
        <p className="quiet">{words.t('drawer.interval', { interval: words.span(entity.staleAfterMs / 2) })}</p>
      ) : null}
    </section>
  );
}

function ShowOnMap({ entity }: { entity: CityEntity }) {
  const words = useWords();
  const show = () => {
    if (!entity.at) return;
    go({ room: 'map', camera: { ...entity.at, zoom: 17 } });
  };
  return (
    <Button className="button" onPress={show}>
      <Icon name="target" size={18} />
      {words.t('drawer.showOnMap')}
    </Button>
  );
}
