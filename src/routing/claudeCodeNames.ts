/**
 * Claude Code shows only the models of a gateway's list whose names begin with `claude` or `anthropic`
 * (code.claude.com/docs, Gateway protocol reference, 2026-11). The others are offered to it, and to nobody else (M1), under
 * this prefix. Pure.
 */

const PREFIX = 'anthropic-router/';

/** The name under which Claude Code is offered a model. */
export function nameForClaudeCode(name: string): string {
  return /^(claude|anthropic)/.test(name) ? name : PREFIX + name;
}

/** The name behind one that Claude Code was offered. */
export function ownName(name: string): string {
  return name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
}
