// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from 'react';
import { Button, Input, SearchField } from 'react-aria-components';
import { FilterButton } from '../filter/FilterButton';
import { FilterPanel } from '../filter/FilterPanel';
import { useWords } from '../i18n/use_words';
import type { CityEntity } from '../live/city';
import { useSlowCityVersion, useFeed, useServices } from '../shell/context';
import { Face } from '../shell/Face';
import { Icon } from '../shell/Icon';
import { go, useView } from '../shell/view_store';
import { filtered, isLasting, ordered } from './list_model';
import { Table } from './Table';

export function ListRoom() {
  const words = useWords();
  const view = useView();
  const { city } = useServices();
  const { loading } = useFeed();
  const version = useSlowCityVersion();
  const [isFilterOpen, setFilterOpen] = useState(() => innerWidth > 900);
  const shown = useRows(version);
  return (
    <div className="list-room">
      <div className="list-tools">
        <FilterButton isOpen={isFilterOpen} onPress={() => setFilterOpen(!isFilterOpen)} />
        <SearchField
          className="text-filter"
          aria-label={words.t('list.filter')}
          value={view.text}
          onChange={(text) => go({ text })}
        >
          <Icon name="search" size={16} />
          <Input placeholder={words.t('list.filter')} />
        </SearchField>
        <span className="row-count">{words.count('list.rows', shown.length)}</span>
      </div>
      <div className="list-body">
        {isFilterOpen ? <FilterPanel /> : null}
        {shown.length > 0 ? <Table rows={shown} /> : <Nothing isLoading={loading !== 'no'} isEmpty={city.size === 0} />}
      </div>
    </div>
  );
}

/** The rows to show. Sorting names costs more than a frame has, so it is done again only when names may be others. */
function useRows(version: number): CityEntity[] {
  const words = useWords();
  const view = useView();
  const { city } = useServices();
  const orderVersion = isLasting(view.sort.column) ? city.membership : version;
  const inOrder = useMemo(
    () => ordered(city.all, view.sort, words),
    // The city is one mutable table; its versions say when it is another.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [city, view.sort, words, orderVersion],
  );
  return useMemo(
    () => filtered(inOrder, view, Date.now()),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [inOrder, view.types, view.freshness, view.text, version],
  );
}

function Nothing({ isLoading, isEmpty }: { isLoading: boolean; isEmpty: boolean }) {
  const words = useWords();
  if (isLoading) return <Face kind="loading" title={words.t('loading.city')} />;
  if (isEmpty) {
    return (
      <Face kind="empty" title={words.t('empty.city')}>
        <p>{words.t('empty.cityHint')}</p>
      </Face>
    );
  }
  return (
    <Face kind="empty" title={words.t('empty.filter')}>
      <Button className="button" onPress={() => go({ types: null, freshness: null, text: '' })}>
        {words.t('empty.reset')}
      </Button>
    </Face>
  );
}
