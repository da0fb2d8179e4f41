import type { Preset } from '../preset';
import { GEMINI_FAMILIES } from './common';

// docs.cloud.google.com/vertex-ai (openapi endpoint), 2026-11: an access token (gcloud auth print-access-token) lives an hour.
export const vertex: Preset = {
  title: 'Google Vertex AI',
  baseUrl: 'https://aiplatform.googleapis.com/v1/projects/{project}/locations/global/endpoints/openapi',
  fill: 'Put your Google Cloud project id in place of {project}, and another location where you need one.',
  needsKey: true,
  keyUrl: 'https://console.cloud.google.com/vertex-ai',
  urls: /^https?:\/\/([\w-]+-)?aiplatform\.googleapis\.com(?=[/:?#]|$)/i,
  wire: 'chat',
  auth: 'bearer',
  keyEnv: ['VERTEX_ACCESS_TOKEN'],
  unsupportedParams: ['store', 'logit_bias'],
  abilities: { reasoningField: 'none' },
  families: GEMINI_FAMILIES,
  quirks: {
    maxStops: 5,
    refusedSchemaKeys: ['$schema', '$id', 'additionalProperties', 'propertyNames', 'patternProperties', 'const'],
  },
  billingUrl: 'https://console.cloud.google.com/billing',
  liteLlm: {
    names: ['vertex_ai'],
  },
  prices: 'google-vertex',
  metricsName: 'gcp.vertex_ai',
};
