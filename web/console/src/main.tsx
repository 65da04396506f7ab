// SPDX-License-Identifier: Apache-2.0
import '@horad/shared/tokens.css';
import './shell/shell.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { City } from './live/city';
import { Feed } from './live/feed';
import { App } from './shell/App';
import { ServicesContext } from './shell/context';
import { followHistory } from './shell/view_store';

// Comfort only: a browser that refuses it works as before, without a shell to open while the server is away.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/service_worker.js').catch(() => undefined);

const root = document.getElementById('root');
if (root) {
  const city = new City();
  const feed = new Feed(city);
  followHistory();
  feed.start();
  createRoot(root).render(
    <StrictMode>
      <ServicesContext value={{ city, feed }}>
        <App />
      </ServicesContext>
    </StrictMode>,
  );
}
