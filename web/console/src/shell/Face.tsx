// SPDX-License-Identifier: Apache-2.0
import type { ReactNode } from 'react';

/** The empty, loading or failed face of a view. */
export function Face({
  kind,
  title,
  children,
}: {
  kind: 'empty' | 'loading' | 'failed';
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="face" data-kind={kind} role={kind === 'loading' ? 'status' : undefined}>
      {kind === 'loading' ? <span className="spinner" aria-hidden="true" /> : null}
      <p className="face-title">{title}</p>
      {children}
    </div>
  );
}
