// The package declares types for its main entry only, which would bring its runner and service code along.
declare module 'cloudflared/lib/constants.js' {
  export { RELEASE_BASE, use } from 'cloudflared';
}
