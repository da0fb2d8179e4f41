import type { HTMLAttributes } from 'preact';

type Tag = HTMLAttributes<HTMLElement>;

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'vscode-button': Tag & { secondary?: boolean };
      'vscode-tabs': Tag;
      'vscode-tab-header': Tag;
      'vscode-tab-panel': Tag;
    }
  }
}
