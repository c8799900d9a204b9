-- A visitor says hello: resumes the conversation that this token has on the site, or begins one.
-- args: id (for a new conversation), visitor (HMAC), site, queue, lang, node, conn, fresh (bool), create (bool),
--       entry ("open", "closed" or "closing": what the queue's hours say at this moment), route (the language to be served
--       in), also (array: others that the visitor agrees to), also_ms (after which time), priority (0-3), tags (array),
--       hour (of Finland, such as "2026-11-22T14"; without it nothing is counted)
-- result: c (record), created, previous {node, conn} of a replaced connection; err: none (nothing to
-- resume and create is false), closed, closing, full, no_staff, unknown_queue
local function attach(c)
  local previous
  if c.vnode and c.vconn ~= arg.conn then
    previous = { node = c.vnode, conn = c.vconn }
    extra_nodes[c.vnode] = true
  end
  c.vnode, c.vconn, c.vaway = arg.node, arg.conn, nil
  redis.call("SADD", AT, "v:" .. c.id)
  undue("v", c.id)
  if c.state == "waiting" then stand_in_line(c) end
  touch(c)
  return previous
end

local known = redis.call("HGET", VIS, arg.visitor)
local old = known and conv(known)
if old then
  local live = old.state == "waiting" or old.state == "offered" or old.state == "active"
  if live or (not arg.fresh and old.linger_until and now < old.linger_until) then
    local missing = missing_queue({ old.id })
    if missing then return stale(missing) end
    local previous = attach(old)
    return commit({ c = old, created = false, previous = previous })
  end
end

local q, cf = Q[arg.queue], conf(arg.queue)
if not q or cf.removed then return fail("unknown_queue") end
if not cf.open or arg.entry == "closed" then return fail("closed") end
if arg.entry == "closing" then return fail("closing") end
local route, also = q.of[arg.route] and arg.route or q.of[arg.lang] and arg.lang or LANGS[1], arg.also or {}
local understood = false
for _, id in ipairs(redis.call("SMEMBERS", KEYS[q.on])) do
  local s = person(id)
  if at_hand(s) then
    understood = understood or contains(s.languages, route)
    for _, lang in ipairs(also) do understood = understood or contains(s.languages, lang) end
  end
end
if not understood then return fail("no_staff") end
if redis.call("ZCARD", KEYS[q.line]) >= cf.waiting_limit then return fail("full") end
if not arg.create then return fail("none") end

local c = {
  id = arg.id, site = arg.site, queue = arg.queue, lang = arg.lang, visitor = arg.visitor,
  state = "waiting", rev = 0, joined = now, score = now - (arg.priority or 0) * (cf.priority_step_ms or 0),
  priority = arg.priority or 0, tags = arg.tags,
  route = route, weight = cf.weight, parts = {}, seats = 0, pend = {}, events = 0, vnode = arg.node, vconn = arg.conn,
}
if #also > 0 then c.also, c.also_at = also, now + (arg.also_ms or 0) end
if arg.hour then c.counted = arg.queue .. "|" .. route .. "|" .. arg.hour end
tally(c, "admitted")
convs[c.id] = c
redis.call("HSET", VIS, arg.visitor, c.id)
redis.call("SADD", AT, "v:" .. c.id)
stand_in_line(c)
touch(c)
return commit({ c = c, created = true })
