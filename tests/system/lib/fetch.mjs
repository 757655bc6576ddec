// fetch, once more when the connection that it had kept was closed as idle at this very moment.
const CLOSED = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];

export function ask(url, options) {
  return fetch(url, options).catch((error) => (CLOSED.includes(error.cause?.code) ? fetch(url, options) : Promise.reject(error)));
}
