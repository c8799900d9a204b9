import type { Draft } from "./draft";

/** What is typed and not saved, by queue, while one looks at something else; `tag` is the version that it began from. */
export const unsaved = new Map<string, { readonly draft: Draft; readonly tag: string }>();
