// node:fs in a browser: a file's text, by its address.
export const readFileSync = (address) => {
  const request = new XMLHttpRequest();
  request.open('GET', address, false);
  request.send();
  if (request.status !== 200) throw new Error(`${address}: ${request.status}`);
  return request.responseText;
};
