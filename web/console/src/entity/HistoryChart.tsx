// SPDX-License-Identifier: Apache-2.0
import { loading, type Loaded } from '@horad/shared/loaded';
import type { Attribute } from '@horad/shared/ngsi';
import { clockTime } from '@horad/shared/words';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { bucketMs, loadHistory, type Bucket } from '../api/history';
import { useWords } from '../i18n/use_words';
import type { CityEntity } from '../live/city';
import { Choice } from '../shell/Choice';
import { useNow } from '../shell/clock';
import { Face } from '../shell/Face';
import { Icon } from '../shell/Icon';
import { go, useView } from '../shell/view_store';
import { shiftedEnd, summary } from './chart_model';
import { Plot } from './Plot';

/** The 24 hours of one numeric attribute, with the table behind the picture. Follows the clock while its end is now. */
export default function HistoryChart({ entity, attributes }: { entity: CityEntity; attributes: readonly string[] }) {
  const words = useWords();
  const { until } = useView();
  const [wanted, setWanted] = useState<string | null>(null);
  const attribute = attributes.find((name) => name === wanted) ?? attributes[0] ?? '';
  const { end, history } = useHistory(entity, attribute, until);
  const value = entity.attributes.get(attribute);
  return (
    <section>
      <div className="chart-head">
        <h3>{words.t('drawer.chart')}</h3>
        {attributes.length > 1 ? (
          <Choice
            label={words.t('chart.attribute')}
            value={attribute}
            options={attributes.map((name) => ({ value: name, text: words.attribute(name) }))}
            onChoose={setWanted}
          />
        ) : (
          <span className="quiet">{words.attribute(attribute)}</span>
        )}
      </div>
      <Picture history={history} attribute={attribute} sample={value} end={end} />
      <div className="chart-time">
        <Button
          className="button button-icon"
          aria-label={words.t('chart.earlier')}
          onPress={() => go({ until: shiftedEnd(until, -1, Date.now()) })}
        >
          <Icon name="back" size={18} />
        </Button>
        <span className="quiet">{words.t('chart.until', { end: words.moment(end) })}</span>
        <Button
          className="button button-icon"
          aria-label={words.t('chart.later')}
          isDisabled={until === null}
          onPress={() => go({ until: shiftedEnd(until, 1, Date.now()) })}
        >
          <Icon name="forward" size={18} />
        </Button>
        <Button className="button button-quiet" isDisabled={until === null} onPress={() => go({ until: null })}>
          {words.t('chart.now')}
        </Button>
      </div>
    </section>
  );
}

const retryMs = 5000;

function useHistory(entity: CityEntity, attribute: string, until: number | null) {
  const now = useNow();
  // While the chart ends now it is asked for again when a new bucket has begun or the first readings came in.
  const end = until ?? Math.ceil(now / 60_000) * 60_000;
  const [history, setHistory] = useState<Loaded<Bucket[]>>(loading);
  const { id } = entity;
  useEffect(() => setHistory(loading), [id, attribute, until]);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer = 0;
    void loadHistory(id, attribute, end, stop.signal).then((answer) => {
      if (stop.signal.aborted) return;
      setHistory(answer);
      if (answer.state === 'failed') timer = window.setTimeout(() => setAttempt(attempt + 1), retryMs);
    });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, attribute, end, attempt]);
  return { end, history };
}

interface PictureProperties {
  history: Loaded<Bucket[]>;
  attribute: string;
  sample: Attribute | undefined;
  end: number;
}

function Picture({ history, attribute, sample, end }: PictureProperties) {
  const words = useWords();
  if (history.state === 'loading') return <Face kind="loading" title={words.t('loading.chart')} />;
  if (history.state === 'failed') return <Face kind="failed" title={words.problem(history.problem)} />;
  const buckets = history.value;
  const sum = summary(buckets);
  if (sum === null) return <Face kind="empty" title={words.t('chart.empty')} />;
  const unitCode = sample?.kind === 'value' ? sample.unitCode : undefined;
  const written = (value: number) =>
    words.value({ kind: 'value', value, unitCode, observedAt: null, datasetId: null }, attribute);
  return (
    <>
      <figure className="chart">
        <Plot
          buckets={buckets}
          end={end}
          write={written}
          label={words.t('chart.label', { attribute: words.attribute(attribute), end: words.moment(end) })}
        />
        <figcaption>
          {words.t('chart.summary', { min: written(sum.min), mean: written(sum.mean), max: written(sum.max) })}
          <span className="quiet"> {words.t('chart.hint')}</span>
        </figcaption>
      </figure>
      <details className="chart-table">
        <summary>{words.t('chart.table')}</summary>
        <DataTable buckets={buckets} written={written} />
      </details>
    </>
  );
}

function DataTable({ buckets, written }: { buckets: readonly Bucket[]; written: (value: number) => string }) {
  const words = useWords();
  return (
    <div className="data-table" role="region" aria-label={words.t('chart.table')} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.t('chart.time')}</th>
            <th scope="col">{words.t('chart.mean')}</th>
            <th scope="col">{words.t('chart.min')}</th>
            <th scope="col">{words.t('chart.max')}</th>
          </tr>
        </thead>
        <tbody>
          {[...buckets].reverse().map((bucket) => (
            <tr key={bucket.from}>
              <th scope="row">
                {clockTime(bucket.from)}–{clockTime(bucket.from + bucketMs)}
              </th>
              <td>{written(bucket.mean)}</td>
              <td>{written(bucket.min)}</td>
              <td>{written(bucket.max)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
