// Which row goes with which column, so that the sum of costs is least: the Hungarian method by shortest
// augmenting paths (Jonker and Volgenant, 1987).

/**
 * Pairs [row, column], by row. A row that stays alone costs `limit`, so no pair costs more.
 * @param {number[][]} costs a row of as many numbers each
 * @param {number} limit
 * @returns {number[][]}
 */
export const assign = (costs, limit) => {
  const rows = costs.length, columns = rows && costs[0].length;
  if (!columns) return [];
  // Behind the columns, one for each row to stay alone in. Row and column 0 stand for "none yet".
  const all = columns + rows;
  const cost = (/** @type {number} */ row, /** @type {number} */ column) =>
    (column <= columns ? costs[row - 1][column - 1] : column - columns === row ? limit : Infinity);
  const ofRow = new Float64Array(rows + 1), ofColumn = new Float64Array(all + 1);  // potentials
  const taken = new Int32Array(all + 1), before = new Int32Array(all + 1);
  const least = new Float64Array(all + 1), isUsed = new Uint8Array(all + 1);
  for (let row = 1; row <= rows; row += 1) {
    taken[0] = row; least.fill(Infinity); isUsed.fill(0);
    let at = 0;
    while (taken[at]) {
      isUsed[at] = 1;
      const one = taken[at];
      let step = Infinity, next = 0;
      for (let column = 1; column <= all; column += 1) {
        if (isUsed[column]) continue;
        const now = cost(one, column) - ofRow[one] - ofColumn[column];
        if (now < least[column]) { least[column] = now; before[column] = at; }
        if (least[column] < step) { step = least[column]; next = column; }
      }
      for (let column = 0; column <= all; column += 1) {
        if (isUsed[column]) { ofRow[taken[column]] += step; ofColumn[column] -= step; } else least[column] -= step;
      }
      at = next;
    }
    while (at) { taken[at] = taken[before[at]]; at = before[at]; }
  }
  const pairs = [];
  for (let column = 1; column <= columns; column += 1) if (taken[column]) pairs.push([taken[column] - 1, column - 1]);
  return pairs.sort((a, b) => a[0] - b[0]);
};
