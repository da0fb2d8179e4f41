/** Every id that package.json and code must agree on. A test compares both. */

export const EXTENSION_ID = 'llm-router.llm-router';
/** Prefix of all settings. */
export const SECTION = 'llmRouter';
export const STATUS_ITEM = 'llmRouter.status';

export const COMMANDS = {
  startRouter: 'llmRouter.startRouter',
  stopRouter: 'llmRouter.stopRouter',
  restartRouter: 'llmRouter.restartRouter',
  copyBaseUrl: 'llmRouter.copyBaseUrl',
  copyApiKey: 'llmRouter.copyApiKey',
  newApiKey: 'llmRouter.newApiKey',
  pasteApiKey: 'llmRouter.pasteApiKey',
  addBackend: 'llmRouter.addBackend',
  setBackendKey: 'llmRouter.setBackendKey',
  manageBackends: 'llmRouter.manageBackends',
  copyModelName: 'llmRouter.copyModelName',
  connectCursor: 'llmRouter.connectCursor',
  useLlmRouter: 'llmRouter.useLlmRouter',
  useOwnModels: 'llmRouter.useOwnModels',
  openCursorModelSettings: 'llmRouter.openCursorModelSettings',
  newTunnelUrl: 'llmRouter.newTunnelUrl',
  setUpTunnel: 'llmRouter.setUpTunnel',
  installCloudflared: 'llmRouter.installCloudflared',
  setTunnelSecret: 'llmRouter.setTunnelSecret',
  showLog: 'llmRouter.showLog',
  runDoctor: 'llmRouter.runDoctor',
  forgetLearned: 'llmRouter.forgetLearned',
  importConfiguration: 'llmRouter.importConfiguration',
  exportForTeam: 'llmRouter.exportForTeam',
  newClientKey: 'llmRouter.newClientKey',
  manageClientKeys: 'llmRouter.manageClientKeys',
  useInOtherTool: 'llmRouter.useInOtherTool',
  openRequest: 'llmRouter.openRequest',
  copyRequestAsCurl: 'llmRouter.copyRequestAsCurl',
  showUsage: 'llmRouter.showUsage',
  exportUsage: 'llmRouter.exportUsage',
  logBodies: 'llmRouter.logBodies',
  openDashboard: 'llmRouter.openDashboard',
  openWalkthrough: 'llmRouter.openWalkthrough',
} as const;
export type CommandName = keyof typeof COMMANDS;
/** What each command does; a group of commands is a Pick of this. */
export type Handlers = Record<CommandName, (argument?: unknown) => Promise<void>>;

/** Views of the side bar. */
export const REQUESTS_VIEW = 'llmRouter.requests';
export const DASHBOARD_VIEW = 'llmRouter.dashboard';

/** For `when` clauses: the listener is up. */
export const CONTEXT_RUNNING = 'llmRouter.running';
/** A step of the walkthrough has happened. */
export const contextDid = (step: string): string => `llmRouter.did.${step}`;
/** It is on its way there. */
export const CONTEXT_STARTING = 'llmRouter.starting';
/** The tunnel waits for its program: the question stands wherever it can be answered. */
export const CONTEXT_TUNNEL = 'llmRouter.needsTunnel';
/** There is a backend. */
export const CONTEXT_BACKENDS = 'llmRouter.hasBackends';
