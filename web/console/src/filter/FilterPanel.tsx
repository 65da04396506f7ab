// SPDX-License-Identifier: Apache-2.0
import { kindOf } from '@horad/shared/kinds';
import { useMemo } from 'react';
import { Button, ToggleButton } from 'react-aria-components';
import { useWords } from '../i18n/use_words';
import type { Freshness } from '../live/city';
import { useSlowCityVersion, useServices } from '../shell/context';
import { Icon, KindIcon } from '../shell/Icon';
import { go, useView } from '../shell/view_store';
import { toggleFreshness, toggleType, typeChips, type TypeChip } from './filter_model';

const states: readonly Freshness[] = ['ok', 'stale', 'quiet'];

/** Legend and filter in one: every kind with its marker, its number, and whether it is shown. */
export function FilterPanel() {
  const words = useWords();
  const view = useView();
  const { city } = useServices();
  const version = useSlowCityVersion();
  const chips = useMemo(
    () => typeChips(city.all, view, Date.now()),
    // The city is one mutable table; its version says when it is another.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [city, view, version],
  );
  const live = chips.filter((chip) => kindOf(chip.type).group === 'live');
  const places = chips.filter((chip) => kindOf(chip.type).group === 'place');
  const isFiltered = view.types !== null || view.freshness !== null;
  return (
    <section className="filter" aria-label={words.t('filter.label')}>
      <div className="filter-head">
        <h2>{words.t('filter.state')}</h2>
        <Button
          className="button button-quiet"
          isDisabled={!isFiltered}
          onPress={() => go({ types: null, freshness: null })}
        >
          {words.t('filter.reset')}
        </Button>
      </div>
      <div className="chips">
        {states.map((state) => (
          <ToggleButton
            key={state}
            className="chip"
            isSelected={view.freshness?.has(state) ?? true}
            onChange={() => go({ freshness: toggleFreshness(view, state) })}
          >
            <span className="state-mark" data-state={state} aria-hidden="true" />
            {words.t(`state.${state}`)}
          </ToggleButton>
        ))}
      </div>
      <ChipGroup title={words.t('filter.live')} chips={live} />
      {places.length > 0 ? <ChipGroup title={words.t('filter.places')} chips={places} /> : null}
    </section>
  );
}

function ChipGroup({ title, chips }: { title: string; chips: readonly TypeChip[] }) {
  const words = useWords();
  const view = useView();
  const { city } = useServices();
  const setAll = (on: boolean) => {
    const mine = new Set(chips.map((chip) => chip.type));
    const others = [...city.types.keys()].filter((type) => !mine.has(type) && view.types?.has(type));
    const defaults = view.types ? others : defaultsOutside(mine, city.types.keys());
    go({ types: new Set([...defaults, ...(on ? mine : [])]) });
  };
  const isAll = chips.every((chip) => chip.on);
  return (
    <>
      <div className="filter-head">
        <h2>{title}</h2>
        <Button className="button button-quiet" onPress={() => setAll(!isAll)}>
          {words.t(isAll ? 'filter.none' : 'filter.all')}
        </Button>
      </div>
      <ul className="legend">
        {chips.map((chip) => (
          <li key={chip.type}>
            <ToggleButton
              className="legend-row"
              isSelected={chip.on}
              onChange={() => go({ types: toggleType(view, chip.type, city.types.keys()) })}
            >
              <KindIcon type={chip.type} size={22} />
              <span className="legend-name">{words.type(chip.type)}</span>
              {chip.stale > 0 ? <StaleCount count={chip.stale} /> : null}
              <span className="legend-count">{words.number(chip.count)}</span>
              <span className="legend-check">{chip.on ? <Icon name="check" size={16} /> : null}</span>
            </ToggleButton>
          </li>
        ))}
      </ul>
    </>
  );
}

function StaleCount({ count }: { count: number }) {
  const words = useWords();
  return (
    <span className="stale-count" title={words.count('chip.stale', count)}>
      <Icon name="clock" size={12} />
      <span aria-hidden="true">{words.number(count)}</span>
      <span className="only-spoken">{words.count('chip.stale', count)}</span>
    </span>
  );
}

function defaultsOutside(mine: ReadonlySet<string>, all: Iterable<string>): string[] {
  return [...all].filter((type) => !mine.has(type) && kindOf(type).group === 'live');
}
