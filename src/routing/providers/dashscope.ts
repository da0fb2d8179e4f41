import type { Preset } from '../preset';

// alibabacloud.com/help/en/model-studio (OpenAI compatibility), 2026-11.
export const dashscope: Preset = {
  title: 'Alibaba Cloud (DashScope, Qwen)',
  baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  needsKey: true,
  keyUrl: 'https://bailian.console.alibabacloud.com/?tab=model#/api-key',
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['DASHSCOPE_API_KEY'],
  abilities: { reasoningField: 'none', systemMessages: 'one' },
  quirks: { developerAsSystem: true },
  billingUrl: 'https://usercenter2-intl.aliyun.com/billing/#/overview',
  liteLlm: {
    names: ['dashscope'],
    addressEnv: ['DASHSCOPE_API_BASE'],
  },
};
