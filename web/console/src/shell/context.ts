// SPDX-License-Identifier: Apache-2.0
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import type { City } from '../live/city';
import type { Feed, FeedState } from '../live/feed';

export interface Services {
  city: City;
  feed: Feed;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('Services are provided by main.tsx');
  return services;
}

export function useFeed(): FeedState {
  const { feed } = useServices();
  return useSyncExternalStore(feed.subscribe, () => feed.state);
}

/** Draws anew when the city announces changes, at most five times a second. The answer is the city's version. */
export function useCityVersion(): number {
  const { city } = useServices();
  return useSyncExternalStore(city.subscribe, () => city.version);
}

const slowEveryMs = 1000;

/** As `useCityVersion`, at most once a second: for lists and counts, which nobody reads faster. */
export function useSlowCityVersion(): number {
  const { city } = useServices();
  const [version, setVersion] = useState(city.version);
  useEffect(() => {
    let timer = 0;
    const take = () => {
      timer = 0;
      setVersion(city.version);
    };
    const stop = city.subscribe(() => {
      if (timer === 0) timer = window.setTimeout(take, slowEveryMs);
    });
    take();
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [city]);
  return version;
}
