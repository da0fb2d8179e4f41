/**
 * Thinking on the Messages wire in the form that the model takes (N35), for a client that does not know it: Claude Code asks
 * an alias or a relay for adaptive thinking whatever answers. Models of both forms, and unknown ones, get what was sent.
 */
import type { Target } from '../routing/backend';
import { knownFamily } from '../routing/build';
import type { Said } from '../said';
import type { JsonObject } from '../wires/conversation';
import { effortOfBudget } from '../wires/effort';
import { budgetThinking } from '../wires/messagesEmit';
import { isObject } from '../wires/read';
import type { ClientRequest } from './clientRequest';
import type { FactEdits } from './planTypes';
import { say } from './sentences';

/** What adaptive thinking does by itself. */
const DEFAULT_EFFORT = 'high';

export function editThinkingForm(request: ClientRequest, target: Target, found: FactEdits): void {
  const family = knownFamily(target);
  if (!family || !('wire' in family) || family.wire !== 'messages') return;
  const thinking = objectAt(request, 'thinking');
  const config = objectAt(request, 'output_config');
  const { reasoningField } = target.abilities;
  const type = thinking?.type;
  const effort = typeof config?.effort === 'string' ? config.effort : undefined;
  if (reasoningField === 'adaptive' && type === 'enabled' && !family.takesBudget) {
    const { budget_tokens: budget, type: _, ...rest } = thinking as JsonObject;
    found.set.thinking = JSON.stringify({ type: 'adaptive', ...rest });
    if (effort === undefined && typeof budget === 'number')
      found.set.output_config = JSON.stringify({ ...config, effort: effortOfBudget(budget) });
    found.rules.push(say.thinkingRewritten);
  }
  if (reasoningField === 'none' && thinking && type !== 'disabled') leaveOut(found, 'thinking', say.thinkingLeftOut);
  if (reasoningField === 'thinking' && type === 'adaptive') asBudget(request, target, effort, found);
  if (reasoningField !== 'adaptive' && effort !== undefined && !family.takesEffort) {
    const { effort: _, ...rest } = config as JsonObject;
    if (Object.keys(rest).length > 0) found.set.output_config = JSON.stringify(rest);
    else found.remove.push('output_config');
    found.dropped.push('output_config.effort');
    found.rules.push(say.dropped('output_config.effort'));
  }
}

function asBudget(request: ClientRequest, target: Target, effort: string | undefined, found: FactEdits): void {
  const body = request.body();
  const fitted = budgetThinking(body, effort ?? DEFAULT_EFFORT, target.abilities.maxOutputTokens);
  if (!fitted) return leaveOut(found, 'thinking', say.thinkingLeftOut);
  found.set.thinking = JSON.stringify(fitted.thinking);
  if (fitted.maxTokens !== body.max_tokens) found.set.max_tokens = JSON.stringify(fitted.maxTokens);
  // Beside a budget only the default is taken (N36).
  for (const key of ['temperature', 'top_k']) if (request.entry(key)) leaveOut(found, key, say.dropped(key));
  found.rules.push(say.thinkingRewritten);
}

function leaveOut(found: FactEdits, key: string, rule: Said): void {
  found.remove.push(key);
  found.dropped.push(key);
  found.rules.push(rule);
}

function objectAt(request: ClientRequest, key: string): JsonObject | undefined {
  const value = request.entry(key)?.kind === 'object' ? request.value(key) : undefined;
  return isObject(value) ? value : undefined;
}
