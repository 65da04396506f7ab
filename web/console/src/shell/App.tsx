// SPDX-License-Identifier: Apache-2.0
import { lazy, Suspense, useEffect } from 'react';
import { I18nProvider } from 'react-aria-components';
import { Drawer } from '../entity/Drawer';
import { useWords } from '../i18n/use_words';
import { ListRoom } from '../list/ListRoom';
import { Banners } from './Banner';
import { Face } from './Face';
import { Rail } from './Rail';
import { TopBar } from './TopBar';
import { useView } from './view_store';

const MapRoom = lazy(() => import('../map/MapRoom'));

export function App() {
  const view = useView();
  const words = useWords();
  useEffect(() => {
    document.documentElement.lang = words.language;
    document.title = `${words.t(`rail.${view.room}`)} · ${words.t('app.name')}`;
  }, [words, view.room]);
  return (
    <I18nProvider locale={words.language}>
      <a className="skip-link" href="#content">
        {words.t('app.skip')}
      </a>
      <TopBar />
      <Rail />
      <div className="middle">
        <Banners />
        <div className="room-and-drawer">
          <main id="content" className="room" tabIndex={-1}>
            <h1 className="only-spoken">{words.t(view.room === 'map' ? 'map.label' : 'list.label')}</h1>
            {view.room === 'map' ? (
              <Suspense fallback={<Face kind="loading" title={words.t('loading.map')} />}>
                <MapRoom />
              </Suspense>
            ) : (
              <ListRoom />
            )}
          </main>
          {view.selected ? <Drawer key={view.selected} id={view.selected} /> : null}
        </div>
      </div>
    </I18nProvider>
  );
}
