/** How the model list is told: OpenAI's shape, or Anthropic's to a client that speaks its API. Pure. */

/** One model in OpenAI's list. */
export function modelEntry(id: string): object {
  return { id, object: 'model', created: 0, owned_by: 'llm-router' };
}

/** Largest page of Anthropic's list (platform.claude.com, Models API, 2026-11). */
const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 20;

/**
 * Anthropic's list, which Claude Code asks for with `anthropic-version`: paged by `limit` and `after_id`. An `after_id` that
 * is not in the list begins at the start.
 */
export function anthropicModelList(ids: readonly string[], query: URLSearchParams): object {
  const asked = Number.parseInt(query.get('limit') ?? '', 10);
  const size = asked > 0 ? Math.min(asked, MAX_PAGE) : DEFAULT_PAGE;
  const from = ids.indexOf(query.get('after_id') ?? '') + 1;
  const page = ids.slice(from, from + size);
  return {
    data: page.map((id) => ({ type: 'model', id, display_name: id, created_at: '1970-01-01T00:00:00Z' })),
    has_more: from + size < ids.length,
    first_id: page[0] ?? null,
    last_id: page.at(-1) ?? null,
  };
}
