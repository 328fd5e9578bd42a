/** Bounds of the load, for the sake of the browser and a shared lab. */
export const loadSeconds = 5;
/** One request at a time on each. The browser's other two are for the trace and for whatever else the page asks. */
export const loadConnections = 4;
export const loadUsers = 4;
