// Whether a decoded reply has the shape that its caller relies on.
import assert from "node:assert/strict";

/** A shape is a constructor of a primitive, a function that tests, a list with one shape for all of its items, an
    object with a shape for each member that is looked at, or the very value. */
export function assertShape(value, shape, place = "reply") {
  if ([String, Number, Boolean].includes(shape)) {
    assert.equal(typeof value, shape.name.toLowerCase(), `${place} is ${JSON.stringify(value)}`);
  } else if (typeof shape === "function") {
    assert.ok(shape(value), `${place} is ${JSON.stringify(value)}`);
  } else if (Array.isArray(shape)) {
    assert.ok(Array.isArray(value), `${place} is ${JSON.stringify(value)}`);
    if (shape.length > 0) {
      assert.ok(value.length > 0, `${place} is empty`);
      value.forEach((item, index) => assertShape(item, shape[0], `${place}[${index}]`));
    }
  } else if (shape !== null && typeof shape === "object") {
    assert.ok(value !== null && typeof value === "object", `${place} is ${JSON.stringify(value)}`);
    for (const [key, inner] of Object.entries(shape)) assertShape(value[key], inner, `${place}.${key}`);
  } else {
    assert.deepEqual(value, shape, place);
  }
}

/** A point in time in milliseconds. */
export const instant = (value) => Number.isInteger(value) && value > 1_577_836_800_000;
/** An id as text, not as JSON text. */
export const id = (value) => typeof value === "string" && /^[0-9a-f-]{36}$/.test(value);
/** What callers without a result get. Never a stream. */
export const nothing = (value) => value === undefined || value === null || value === "";
