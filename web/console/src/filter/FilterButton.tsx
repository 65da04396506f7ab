// SPDX-License-Identifier: Apache-2.0
import { Button } from 'react-aria-components';
import { useWords } from '../i18n/use_words';
import { Icon } from '../shell/Icon';

/** Opens and closes the filter of a room. */
export function FilterButton({
  className,
  isOpen,
  onPress,
}: {
  className?: string;
  isOpen: boolean;
  onPress: () => void;
}) {
  const words = useWords();
  return (
    <Button
      className={className ? `button ${className}` : 'button'}
      aria-expanded={isOpen}
      aria-label={words.t(isOpen ? 'filter.hide' : 'filter.show')}
      onPress={onPress}
    >
      <Icon name="filter" />
      <span className="wide-only">{words.t('filter.label')}</span>
    </Button>
  );
}
