// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components';
import { useWords } from '../i18n/use_words';
import { useFeed, useServices } from './context';
import { useNow } from './clock';
import { Icon } from './Icon';

/** What stands above every room when not all is well. The live region speaks when the state changes, not each second. */
export function Banners() {
  const words = useWords();
  const { connection, problem, partial, loadedAt, fromSnapshot, loading } = useFeed();
  const { feed } = useServices();
  const isLost = connection.phase === 'lost';
  return (
    <>
      <Announcer isLost={isLost} />
      {isLost ? <Lost /> : null}
      {problem && !isLost ? (
        <div className="banner banner-bad">
          <p>
            <strong>{words.t('problem.title')}</strong> {words.problem(problem)}
            {loadedAt !== null && fromSnapshot
              ? ` ${words.t('lost.shown', { age: words.age(loadedAt, Date.now()) })}`
              : ''}
          </p>
          <Button className="button" isDisabled={loading !== 'no'} onPress={() => void feed.load()}>
            {words.t('problem.again')}
          </Button>
        </div>
      ) : null}
      {partial ? (
        <div className="banner banner-warn">
          <p>{words.t('partial.title', { shown: words.number(partial.shown), total: words.number(partial.total) })}</p>
        </div>
      ) : null}
    </>
  );
}

function Lost() {
  const words = useWords();
  const now = useNow();
  const { connection, loadedAt, fromSnapshot } = useFeed();
  const { feed } = useServices();
  const seen = fromSnapshot && loadedAt !== null ? loadedAt : connection.heardAt;
  const wait = connection.retryAt === null ? 0 : Math.ceil((connection.retryAt - now) / 1000);
  return (
    <div className="banner banner-bad">
      <Icon name="off" />
      <p>
        <strong>{words.t('lost.title')}</strong> {words.t('lost.shown', { age: words.age(seen, now) })}{' '}
        <span className="banner-quiet">{wait > 0 ? words.count('lost.retry', wait) : words.t('lost.retrying')}</span>
      </p>
      <Button className="button" onPress={() => feed.retryNow()}>
        {words.t('lost.now')}
      </Button>
    </div>
  );
}

function Announcer({ isLost }: { isLost: boolean }) {
  const words = useWords();
  const [wasLost, setWasLost] = useState(false);
  useEffect(() => {
    if (isLost) setWasLost(true);
  }, [isLost]);
  return (
    <p className="only-spoken" role="status">
      {isLost ? words.t('lost.title') : wasLost ? words.t('lost.back') : ''}
    </p>
  );
}
