// SPDX-License-Identifier: Apache-2.0
import { languages, type Language } from '@horad/shared/language';
import { chooseLanguage, useWords } from '../i18n/use_words';
import { SearchBox } from '../search/SearchBox';
import { useFeed } from './context';
import { Choice } from './Choice';
import { chooseTheme, themeChoices, useThemeChoice } from './theme';

export function TopBar() {
  const words = useWords();
  const theme = useThemeChoice();
  return (
    <header className="top-bar">
      <div className="brand">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <span className="brand-name">{words.t('app.name')}</span>
      </div>
      <SearchBox />
      <Status />
      <Choice<Language>
        label={words.t('language.label')}
        icon="globe"
        value={words.language}
        options={languages.map((value) => ({ value, text: words.t(`language.${value}`), lang: value }))}
        onChoose={chooseLanguage}
      />
      <Choice
        label={words.t('theme.label')}
        icon="theme"
        value={theme}
        options={themeChoices.map((value) => ({ value, text: words.t(`theme.${value}`) }))}
        onChoose={chooseTheme}
      />
    </header>
  );
}

function Status() {
  const words = useWords();
  const { phase } = useFeed().connection;
  return (
    <span className="status" data-phase={phase}>
      <span className="status-dot" aria-hidden="true" />
      {words.t(`status.${phase}`)}
    </span>
  );
}
