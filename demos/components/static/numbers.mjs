// Numbers as Python rounds and writes them: halves go to the even neighbour.

/** @param {number} value */
export const roundEven = (value) => {
  const floor = Math.floor(value), rest = value - floor;
  return rest === 0.5 ? floor + (floor % 2 === 0 ? 0 : 1) : floor + (rest > 0.5 ? 1 : 0);
};

/**
 * `f"{value:.{digits}f}"`. A number of the machine lies exactly between two such texts only where it
 * is an odd multiple of a power of two; `toFixed` then goes away from zero.
 * @param {number} value
 * @param {number} digits 0 to 20
 */
export const toFixed = (value, digits) => {
  const parts = value * 2 ** (digits + 1);
  if (!Number.isInteger(parts) || parts % 2 === 0) return value.toFixed(digits);
  return (roundEven(value * 10 ** digits) / 10 ** digits).toFixed(digits);
};

/**
 * `round(value, digits)`.
 * @param {number} value
 * @param {number} digits
 */
export const round = (value, digits) => Number(toFixed(value, digits));
