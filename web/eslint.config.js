// SPDX-License-Identifier: Apache-2.0
import tseslint from 'typescript-eslint';
import hooks from 'eslint-plugin-react-hooks';
import a11y from 'eslint-plugin-jsx-a11y';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strict, ...tseslint.configs.stylistic],
    plugins: { 'react-hooks': hooks, 'jsx-a11y': a11y },
    rules: {
      ...hooks.configs.recommended.rules,
      ...a11y.configs.recommended.rules,
      // Roving focus inside grids needs focusable rows, which the rule takes for a mistake.
      'jsx-a11y/no-noninteractive-tabindex': ['error', { roles: ['tabpanel', 'grid', 'region', 'row'] }],
      'max-lines': ['error', 500],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
    },
  },
);
