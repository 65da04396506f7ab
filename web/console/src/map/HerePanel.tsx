// SPDX-License-Identifier: Apache-2.0
import type { EntityId } from '@horad/shared/ngsi';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { useWords } from '../i18n/use_words';
import { useServices } from '../shell/context';
import { Icon, KindIcon } from '../shell/Icon';
import { go } from '../shell/view_store';
import type { MapView } from './map_view';

const most = 200;

/** The entities of a cluster that no zoom can part, to choose from. */
export function HerePanel({ map }: { map: MapView }) {
  const words = useWords();
  const { city } = useServices();
  const [ids, setIds] = useState<readonly EntityId[]>([]);
  useEffect(() => {
    map.onMany = setIds;
    return () => {
      map.onMany = null;
    };
  }, [map]);
  if (ids.length === 0) return null;
  return (
    <section className="here" aria-label={words.count('map.here', ids.length)}>
      <div className="filter-head">
        <h2>{words.count('map.here', ids.length)}</h2>
        <Button className="button button-icon" aria-label={words.t('drawer.close')} onPress={() => setIds([])}>
          <Icon name="close" size={18} />
        </Button>
      </div>
      <ul>
        {ids.slice(0, most).map((id) => {
          const entity = city.get(id);
          if (!entity) return null;
          return (
            <li key={id}>
              <Button className="legend-row" onPress={() => go({ selected: id })}>
                <KindIcon type={entity.type} size={22} />
                <span className="legend-name">{words.name(entity.name, id)}</span>
                <span className="quiet">{words.type(entity.type)}</span>
              </Button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
