// fetch, once more when the connection that it had kept was closed as idle at this very moment.
export function ask(url, options) {
  return fetch(url, options).catch((error) => (error.cause?.code === 'UND_ERR_SOCKET' ? fetch(url, options) : Promise.reject(error)));
}
