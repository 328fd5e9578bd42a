/**
 * Runs once in a new Lua state. It prepares what Redis gives to scripts: the error handler, and globals that a script
 * can neither change nor add to, so that nothing passes from one script to the next. Redis marks its tables as
 * read-only within its own build of Lua; here scripts see empty tables that find their fields in the real ones.
 *
 * Its arguments are the functions behind `redis`; it returns the error handler, the real globals and the scripts' globals.
 */
export const prelude = `
local call, pcall_, error_reply, status_reply = ...
local real = {
  redis = { call = call, pcall = pcall_, error_reply = error_reply, status_reply = status_reply },
  string = string, table = table, math = math, coroutine = coroutine,
}
for _, name in ipairs({ 'assert', 'error', 'getmetatable', 'ipairs', 'loadstring', 'next', 'pairs', 'rawequal',
  'rawget', 'select', 'setmetatable', 'tonumber', 'tostring', 'type', 'unpack', 'xpcall', '_VERSION' }) do
  real[name] = _G[name]
end
-- Redis seeds its own generator for each script. Lua's would go on from script to script.
math.random, math.randomseed = nil, nil

local function refuse()
  error('Attempt to modify a readonly table', 2)
end
local readonly = {}
local function facade(fields)
  local empty = setmetatable({}, { __index = fields, __newindex = refuse, __metatable = false })
  readonly[empty] = true
  return empty
end
for _, name in ipairs({ 'redis', 'string', 'table', 'math', 'coroutine' }) do
  real[name] = facade(real[name])
end
getmetatable('').__index = real.string
getmetatable('').__metatable = false

-- Redis 7 replaces pcall: it gives the message of an error table in place of the table.
local function unwrapped(fine, failure, ...)
  if not fine and type(failure) == 'table' and type(failure.err) == 'string' then return false, failure.err end
  return fine, failure, ...
end
local raw_pcall = pcall
function real.pcall(...)
  return unwrapped(raw_pcall(...))
end

local rawset_ = rawset
function real.rawset(target, key, value)
  if readonly[target] then refuse() end
  return rawset_(target, key, value)
end
setmetatable(real, { __index = function(_, name)
  error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
end })
local globals = facade(real)
real._G = globals

-- The error handler of Redis 7 (script_lua.c), which turns an error into a table and adds where it was raised.
local getinfo = debug.getinfo
local function handler(err)
  local info = getinfo(2, 'nSl')
  if info and info.what == 'C' then info = getinfo(3, 'nSl') end
  if type(err) ~= 'table' then err = { err = 'ERR ' .. tostring(err) } end
  if info then
    err.source = info.source
    err.line = tostring(info.currentline)
  end
  return err
end
return handler, real, globals
`;
