// SPDX-License-Identifier: Apache-2.0
// A grid that draws only the rows on the screen: 10 000 rows scroll like ten. Keyboard as in the ARIA grid pattern.
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useWords } from '../i18n/use_words';
import { freshness, primaryAttribute, type CityEntity } from '../live/city';
import { useNow } from '../shell/clock';
import { Icon, KindIcon } from '../shell/Icon';
import type { SortColumn } from '../shell/view_state';
import { go, useView } from '../shell/view_store';
import { rowForKey, windowOf } from './list_model';

const rowHeight = 40;
const columns: readonly SortColumn[] = ['name', 'type', 'value', 'age'];

export function Table({ rows }: { rows: readonly CityEntity[] }) {
  const words = useWords();
  const view = useView();
  const body = useRef<HTMLDivElement>(null);
  const [scroll, setScroll] = useState({ top: 0, height: 600 });
  const [active, setActive] = useState(0);
  const row = Math.min(active, rows.length - 1);
  const { from, to } = windowOf(scroll.top, scroll.height, rowHeight, rows.length);

  useLayoutEffect(() => {
    const element = body.current;
    if (!element) return;
    const measure = () => setScroll({ top: element.scrollTop, height: element.clientHeight });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // The selected row comes into view when the list opens, not again on every change of the data.
  useEffect(() => {
    const at = rows.findIndex((entity) => entity.id === view.selected);
    if (at < 0) return;
    setActive(at);
    body.current?.scrollTo({ top: Math.max(0, at * rowHeight - body.current.clientHeight / 2) });
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  const onKey = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(scroll.height / rowHeight) - 1);
    const next = rowForKey(event.key, row, rows.length, page);
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      const entity = rows[row];
      if (entity) go({ selected: entity.id });
    }
    if (next === null) return;
    event.preventDefault();
    setActive(next);
    bringIntoView(body.current, next);
  };

  return (
    <div className="table-frame">
      <div
        ref={body}
        className="table"
        role="grid"
        tabIndex={0}
        aria-label={words.t('list.label')}
        aria-describedby="list-help"
        aria-rowcount={rows.length + 1}
        aria-colcount={columns.length}
        aria-activedescendant={`row-${row}`}
        onKeyDown={onKey}
        onScroll={(event) =>
          setScroll({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })
        }
      >
        <div className="table-row table-head" role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <Heading key={column} column={column} />
          ))}
        </div>
        <div role="rowgroup" className="table-rows" style={{ height: rows.length * rowHeight }}>
          {rows.slice(from, to).map((entity, i) => (
            <Row key={entity.id} entity={entity} at={from + i} isActive={from + i === row} onPick={setActive} />
          ))}
        </div>
      </div>
      <p id="list-help" className="only-spoken">
        {words.t('list.help')}
      </p>
    </div>
  );
}

function bringIntoView(element: HTMLDivElement | null, row: number): void {
  if (!element) return;
  const top = row * rowHeight;
  const room = element.clientHeight - rowHeight; // the head stays above the rows
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + rowHeight > element.scrollTop + room) element.scrollTop = top + rowHeight - room;
}

function Heading({ column }: { column: SortColumn }) {
  const words = useWords();
  const { sort } = useView();
  const isSorted = sort.column === column;
  const text = words.t(`list.${column}`);
  return (
    <div
      className="table-cell"
      role="columnheader"
      data-column={column}
      aria-colindex={columns.indexOf(column) + 1}
      aria-sort={isSorted ? (sort.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        className="sort"
        title={words.t('list.sortBy', { column: text })}
        onClick={() => go({ sort: { column, descending: isSorted && !sort.descending } })}
      >
        {text}
        {isSorted ? <Icon name={sort.descending ? 'down' : 'up'} size={14} /> : null}
      </button>
    </div>
  );
}

interface RowProperties {
  entity: CityEntity;
  at: number;
  isActive: boolean;
  onPick: (row: number) => void;
}

/* The grid has the keyboard; the pointer handler only mirrors Enter. */
/* eslint-disable jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */
function Row({ entity, at, isActive, onPick }: RowProperties) {
  const words = useWords();
  const view = useView();
  const now = useNow();
  const primary = primaryAttribute(entity);
  const state = freshness(entity, now);
  return (
    <div
      id={`row-${at}`}
      className="table-row"
      role="row"
      aria-rowindex={at + 2}
      aria-selected={entity.id === view.selected}
      data-active={isActive}
      style={{ top: at * rowHeight }}
      onClick={() => {
        onPick(at);
        go({ selected: entity.id });
      }}
    >
      <div className="table-cell cell-name" role="gridcell" aria-colindex={1}>
        <KindIcon type={entity.type} size={22} />
        <span>{words.name(entity.name, entity.id)}</span>
      </div>
      <div className="table-cell" role="gridcell" aria-colindex={2} data-column="type">
        {words.type(entity.type)}
      </div>
      <div className="table-cell cell-value" role="gridcell" aria-colindex={3}>
        {primary ? (
          <>
            <span className="value">{words.value(primary[1], primary[0])}</span>{' '}
            <span className="quiet">{words.attribute(primary[0])}</span>
          </>
        ) : null}
      </div>
      <div className="table-cell" role="gridcell" aria-colindex={4}>
        <span className="age" data-state={state}>
          {state === 'stale' ? <Icon name="clock" size={14} /> : null}
          {entity.observedAt === null ? '–' : words.age(entity.observedAt, now)}
          {state === 'stale' ? <span className="only-spoken"> {words.t('state.stale')}</span> : null}
        </span>
      </div>
    </div>
  );
}
