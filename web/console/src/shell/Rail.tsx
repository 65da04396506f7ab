// SPDX-License-Identifier: Apache-2.0
import type { MouseEvent } from 'react';
import { useWords } from '../i18n/use_words';
import { Icon } from './Icon';
import { printView, rooms, type Room } from './view_state';
import { go, useView } from './view_store';

/** Real links, so that a room opens in a new tab too; a plain click stays in the page. */
export function Rail() {
  const words = useWords();
  const view = useView();
  const enter = (event: MouseEvent, room: Room) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    go({ room });
  };
  return (
    <nav className="rail" aria-label={words.t('rail.label')}>
      {rooms.map((room) => (
        <a
          key={room}
          className="rail-link"
          href={printView({ ...view, room })}
          aria-current={view.room === room ? 'page' : undefined}
          onClick={(event) => enter(event, room)}
        >
          <Icon name={room} size={22} />
          {words.t(`rail.${room}`)}
        </a>
      ))}
    </nav>
  );
}
