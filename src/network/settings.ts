/** What the editor knows about the network and the router does not. */
export interface NetworkSettings {
  proxy?: string;
  noProxy?: string[];
  strictSsl?: boolean;
  /** PEM certificates to trust besides the built-in ones. */
  ca?: string[];
}
