// SPDX-License-Identifier: Apache-2.0
// A combobox as in the ARIA Authoring Practices: typing finds, arrows choose, Enter opens, Escape closes.
import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useWords } from '../i18n/use_words';
import type { CityEntity } from '../live/city';
import { useSlowCityVersion, useServices } from '../shell/context';
import { Icon, KindIcon } from '../shell/Icon';
import { go } from '../shell/view_store';
import { find } from './search_model';

const most = 10;

export function SearchBox() {
  const words = useWords();
  const { city } = useServices();
  useSlowCityVersion();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState('');
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { membership } = city;
  const found = useMemo(
    () => find(city.all, text, most),
    // Names hardly change: the answer is renewed when entities come and go, not with every reading.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [city, text, membership],
  );
  const isShown = isOpen && text.trim() !== '';

  const choose = (entity: CityEntity | undefined) => {
    if (!entity) return;
    setOpen(false);
    go({ selected: entity.id });
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      if (isShown) setOpen(false);
      else setText('');
    }
    if (event.key === 'Enter') choose(found.best[Math.max(0, active)]);
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    setOpen(true);
    const step = event.key === 'ArrowDown' ? 1 : -1;
    setActive((active + step + found.best.length) % Math.max(1, found.best.length));
  };

  return (
    <div className="search" role="search">
      <Icon name="search" size={18} />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label={words.t('search.label')}
        aria-expanded={isShown}
        aria-controls="search-found"
        aria-autocomplete="list"
        aria-activedescendant={isShown && active >= 0 ? `found-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={words.t('search.placeholder')}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(-1);
          setOpen(true);
        }}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKey}
      />
      {text ? (
        <button
          type="button"
          className="search-clear"
          aria-label={words.t('search.clear')}
          onClick={() => {
            setText('');
            input.current?.focus();
          }}
        >
          <Icon name="close" size={16} />
        </button>
      ) : null}
      <p className="only-spoken" role="status">
        {isShown ? words.count('search.found', found.total) : ''}
      </p>
      <div className="search-panel" hidden={!isShown}>
        <FoundList entities={found.best} active={active} onChoose={choose} />
        {found.total === 0 ? <p className="search-note">{words.t('search.none')}</p> : null}
        {found.total > found.best.length ? (
          <p className="search-note">{words.count('search.more', found.total - found.best.length)}</p>
        ) : null}
      </div>
    </div>
  );
}

interface FoundProperties {
  entities: readonly CityEntity[];
  active: number;
  onChoose: (entity: CityEntity) => void;
}

/* The input has the keyboard; pressing must not take the focus from it, so the choice is made on pointer down. */

function FoundList({ entities, active, onChoose }: FoundProperties) {
  const words = useWords();
  return (
    <ul id="search-found" role="listbox" aria-label={words.t('search.label')}>
      {entities.map((entity, at) => (
        <li
          key={entity.id}
          id={`found-${at}`}
          role="option"
          aria-selected={at === active}
          className="found"
          onPointerDown={(event) => {
            event.preventDefault();
            onChoose(entity);
          }}
        >
          <KindIcon type={entity.type} size={22} />
          <span className="found-name">{words.name(entity.name, entity.id)}</span>
          <span className="quiet">{words.type(entity.type)}</span>
        </li>
      ))}
    </ul>
  );
}
