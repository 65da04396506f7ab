// SPDX-License-Identifier: Apache-2.0
import { Button, ListBox, ListBoxItem, Popover, Select } from 'react-aria-components';
import { Icon, type IconName } from './Icon';

interface Option<T extends string> {
  value: T;
  text: string;
  lang?: string; // when the text is in another language than the page
}

interface Properties<T extends string> {
  label: string;
  icon?: IconName;
  value: T;
  options: readonly Option<T>[];
  onChoose: (value: T) => void;
}

/** One of a few. With an icon the chosen text is shown beside it where there is room. */
export function Choice<T extends string>({ label, icon, value, options, onChoose }: Properties<T>) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Select
      className="choice"
      aria-label={label}
      selectedKey={value}
      onSelectionChange={(key) => {
        const option = options.find((one) => one.value === key);
        if (option) onChoose(option.value);
      }}
    >
      <Button className="button choice-button" aria-label={`${label}: ${chosen?.text ?? ''}`}>
        {icon ? <Icon name={icon} /> : null}
        <span className="choice-text" lang={chosen?.lang}>
          {chosen?.text}
        </span>
        <Icon name="down" size={14} />
      </Button>
      <Popover className="popover">
        <ListBox className="menu" items={options.map((option) => ({ ...option, id: option.value }))}>
          {(option) => (
            <ListBoxItem className="menu-item" id={option.id} textValue={option.text}>
              <span lang={option.lang}>{option.text}</span>
              {option.value === value ? <Icon name="check" size={16} /> : null}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
