-- Common to all lifecycle scripts: arguments, records, hints.
-- KEYS[1..13] meta conv gate staff due vis queues decl past pace count keep at; then for each queue: line wait free on; and a wait for each of LANGS.
-- ARGV[1] now (ms), ARGV[2] queue keys in the order of KEYS (msgpack array), ARGV[3] the script's own arguments (msgpack map).
-- Returns msgpack {err=code} or the script's result with {now=, touched={conversation records}}; {err="stale", queue=}
-- when the keys of that queue are missing in KEYS: nothing was written, call again with them.
local META, CONV, GATE, STAFF, DUE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local VIS, QUEUES, DECL, PAST, PACE, COUNT = KEYS[6], KEYS[7], KEYS[8], KEYS[9], KEYS[10], KEYS[11]
local KEEP, AT = KEYS[12], KEYS[13]
local PREFIX = string.sub(META, 1, -5)
local HERE = string.sub(AT, #PREFIX + 4) -- the node whose set AT is
local FRONT = 1e12 -- returned conversations sort before everybody who has not been spoken to

local now = math.max(tonumber(ARGV[1]), tonumber(redis.call("HGET", META, "now") or 0))
local arg = cmsgpack.unpack(ARGV[3])

local Q = {} -- queue key -> indexes of its keys in KEYS
for i, name in ipairs(cmsgpack.unpack(ARGV[2])) do
  local base = 13 + (i - 1) * (4 + #LANGS)
  Q[name] = { line = base + 1, wait = base + 2, free = base + 3, on = base + 4, of = {} }
  for n, lang in ipairs(LANGS) do Q[name].of[lang] = base + 4 + n end
end

local convs, staffs, confs, paces = {}, {}, {}, {} -- read so far
local counted = {} -- field of COUNT -> how much is added to it
local dirty_conv, dirty_staff, dirty_queue = {}, {}, {}
local extra_nodes = {} -- node -> true: also told about the dirty conversations
local extra_hints = {} -- node -> list of further hints
local unsettled, unpaired = {}, {} -- staff and conversations that pairing has yet to look at
local unled = {} -- conversations that have lost their owner, likewise

local function conv(id)
  if convs[id] == nil then
    local raw = redis.call("HGET", CONV, id)
    local c = raw and cmsgpack.unpack(raw) or false
    if c then c.route = c.route or LANGS[1] end -- written before languages were
    convs[id] = c
  end
  return convs[id]
end

local function person(id)
  if staffs[id] == nil then
    local raw = redis.call("HGET", STAFF, id)
    local s = raw and cmsgpack.unpack(raw) or false
    if s then s.languages = s.languages or LANGS end -- written before languages were
    staffs[id] = s
  end
  return staffs[id]
end

-- A queue that is declared no longer takes nobody in; who is in it is served to the end.
local REMOVED = {
  removed = true, open = false, mode = "take", waiting_limit = 0, offer_ms = 30000, offer_repeat_ms = 300000,
  grace_waiting_ms = 600000, grace_talking_ms = 300000, idle_warning_ms = 1200000, idle_end_ms = 1800000,
  wrap_up_ms = 300000, linger_ms = 600000,
}

local function conf(queue)
  if confs[queue] == nil then
    local raw = redis.call("HGET", QUEUES, queue)
    confs[queue] = raw and cmsgpack.unpack(raw) or REMOVED
  end
  return confs[queue]
end

local function touch(c)
  dirty_conv[c.id] = c
  dirty_queue[c.queue] = true
  if c.adrift then unled[c.id] = c end
end
local function touch_staff(s)
  dirty_staff[s.id], unsettled[s.id] = s, s
  for _, id in ipairs(s.consults) do
    local c = conv(id)
    if c and c.adrift then unled[id] = c end
  end
  for _, queue in ipairs(s.queues) do dirty_queue[queue] = true end
end
local function fail(code) return cmsgpack.pack({ err = code, now = now }) end
local function stale(queue) return cmsgpack.pack({ err = "stale", queue = queue, now = now }) end

-- Every declared queue is at hand: else a counsellor's place could change in some queues and not in others.
for _, queue in ipairs(redis.call("HKEYS", QUEUES)) do
  if not Q[queue] then return stale(queue) end
end

-- A queue that one of these conversations stands in and whose keys are not at hand, or nil. Asked before the first write.
local function missing_queue(ids)
  for _, id in ipairs(ids) do
    local c = conv(id)
    if c and not Q[c.queue] then return c.queue end
    local transfer = c and c.transfer or {}
    for _, queue in ipairs({ transfer.queue, transfer.from }) do
      if not Q[queue] then return queue end
    end
  end
  return nil
end

local function due(kind, id, at) redis.call("ZADD", DUE, at, kind .. ":" .. id) end
local function undue(kind, id) redis.call("ZREM", DUE, kind .. ":" .. id) end
local function remove(list, item)
  for i, value in ipairs(list) do
    if value == item then table.remove(list, i); return true end
  end
  return false
end
local function contains(list, item)
  for _, value in ipairs(list) do if value == item then return true end end
  return false
end

-- Places that a conversation takes: its queue's weight, twice that when it was marked as heavy.
local function units(c) return (c.weight or 1) * (c.heavy and 2 or 1) end

-- The same for whoever gets it next: one that is handed on to a queue weighs from then on as that queue's do.
local function units_next(c)
  local weight = c.transfer and c.transfer.queue and conf(c.transfer.queue).weight or c.weight or 1
  return weight * (c.heavy and 2 or 1)
end

-- Places in use: conversations, unfinished wrap-ups, a held offer.
local function load_of(s)
  local sum = 0
  for _, list in ipairs({ s.convs, s.wraps }) do
    for _, id in ipairs(list) do
      local c = conv(id)
      sum = sum + (c and units(c) or 1)
    end
  end
  local offered = s.offer and conv(s.offer)
  return sum + (offered and units_next(offered) or s.offer and 1 or 0)
end

-- Whether `c` may be added to what `s` carries. Whoever carries nothing may take one of any weight.
local function fits(s, c)
  local load = load_of(s)
  return load == 0 or load + units_next(c) <= s.capacity
end

-- The languages in which `c` may be served now: the visitor's own; after the queue's time also those they agreed to.
local function languages_of(c)
  local found = { c.route }
  if c.also and (now >= c.also_at or c.state == "active") then
    for _, lang in ipairs(c.also) do table.insert(found, lang) end
  end
  return found
end

local function speaks(s, c)
  for _, lang in ipairs(languages_of(c)) do
    if contains(s.languages, lang) then return true end
  end
  return false
end

-- Whether somebody answers for the site of `c`: sites that share a pool don't show each other their visitors.
local function serves_site(s, c)
  for _, queue in ipairs(s.queues) do
    if string.match(queue, "^[^/]*") == c.site then return true end
  end
  return false
end

local function part_of(c, staff)
  for _, part in ipairs(c.parts) do if part.s == staff then return part end end
  return nil
end

local function owner_of(c)
  for _, part in ipairs(c.parts) do if part.role == "owner" then return part end end
  return nil
end

-- Who may write to which log, and where they are: ";v@node;staff@node;|;staff@node;".
local function gate_of(c)
  local talk, staff = ";", ";"
  if c.state ~= "closed" and c.state ~= "wrap_up" then talk = talk .. "v@" .. (c.vnode or "") .. ";" end
  for _, part in ipairs(c.parts) do
    local seat = "s:" .. part.s .. "@" .. (part.node or "") .. ";"
    if c.state == "active" then talk = talk .. seat end
    if c.state == "active" or c.state == "wrap_up" then staff = staff .. seat end
  end
  return talk .. "|" .. staff
end

local function pend(c, event, params, by)
  c.events = c.events + 1
  table.insert(c.pend, { n = c.events, event = event, params = params, by = by, at = now })
end

local function has_place(s) return s.state == "available" and not s.away and load_of(s) < s.capacity end
local function rank(s) return load_of(s) * 4e12 + s.idle end -- least loaded first, then longest idle

-- A queue lets people in while somebody is at hand: in no pause, and connected, or so until a moment ago (a page loaded anew,
-- a node that starts again); as in `services/teams.py`.
local BLINK_MS = 10000
local function at_hand(s) return s.state == "available" and (not s.away or now < s.away + BLINK_MS) end

local function place(s)
  local can, score = has_place(s), rank(s)
  for _, queue in ipairs(s.queues) do
    local q = Q[queue]
    if q then
      if can then redis.call("ZADD", KEYS[q.free], score, s.id) else redis.call("ZREM", KEYS[q.free], s.id) end
      if s.state == "available" then
        redis.call("SADD", KEYS[q.on], s.id)
      else
        redis.call("SREM", KEYS[q.on], s.id)
      end
    end
  end
  touch_staff(s)
end

-- Counting for the service statistics, by the definitions of `deploy/statistics.md`. `c.counted` is the beginning of its
-- fields: queue and language that were asked for, local hour of joining; cut to the month for what no day needs.
local WAIT_BOUNDS_S = { 30, 60, 120, 180, 300, 600, 900, 1800, 3600 } -- as in `domain/statistics.py`
local PROMPT_S = 180

local function tally(c, what) -- of a conversation from before there were statistics nothing is counted
  if not c.counted then return end
  local field = c.counted .. "|" .. what
  counted[field] = (counted[field] or 0) + 1
end

local function tally_month(c, what, amount)
  if not c.counted then return end
  local field = string.sub(c.counted, 1, -7) .. "|" .. what
  counted[field] = (counted[field] or 0) + amount
end

-- The first wait of `c` is over, in the one way that `outcome` says; a later wait, after a counsellor, is none of these.
local function tally_wait(c, outcome)
  if c.first_assigned then return end
  local till = outcome ~= "answered" and c.vaway or now
  local ms, bucket = math.max(0, till - c.joined), #WAIT_BOUNDS_S
  for i = #WAIT_BOUNDS_S, 1, -1 do
    if ms <= WAIT_BOUNDS_S[i] * 1000 then bucket = i - 1 end
  end
  tally(c, outcome)
  local kind = (outcome == "abandoned" or outcome == "dropped") and "gave_up" or outcome
  tally_month(c, kind .. "_ms", ms)
  if outcome == "answered" and ms <= PROMPT_S * 1000 then tally(c, "prompt") end
  if kind ~= "closed" then tally_month(c, kind .. "_" .. bucket, 1) end
end

-- How a queue is served lately: weighted sums, by `chatsvc/domain/pace.py`, which says what they mean and why these weights.
local HANDLING_KEPT, WAITING_KEPT, HASTY_MS = 0.99, 0.995, 180000
local function pace_of(queue)
  if conf(queue).removed then return nil end
  if paces[queue] == nil then
    local raw = redis.call("HGET", PACE, queue)
    paces[queue] = raw and cmsgpack.unpack(raw)
      or { ended = 0, held = 0, held_squared = 0, written_up = 0, taken = 0, reaction = 0, waited = 0, given_up = 0 }
  end
  return paces[queue]
end

-- The owner's place in `c` is free from now on.
local function learn_handling(c)
  tally_month(c, "handling_ms", now - c.assigned)
  local p = pace_of(c.queue)
  if not p then return end
  local seconds = (now - c.assigned) / 1000 * (c.heavy and 2 or 1)
  p.ended = p.ended * HANDLING_KEPT + 1
  p.held = p.held * HANDLING_KEPT + seconds
  p.held_squared = p.held_squared * HANDLING_KEPT + seconds * seconds
  p.written_up = p.written_up * HANDLING_KEPT + (c.ended and now - c.ended or 0) / 1000
end

-- The first wait of `c` is over: `s` takes it, or nobody.
local function learn_wait(c, s, gave_up)
  local p = pace_of(c.queue)
  if not p or c.first_assigned then return end
  local waited = (c.vaway or now) - c.joined - HASTY_MS
  if waited > 0 then
    p.waited = p.waited * WAITING_KEPT + waited / 1000
    p.given_up = p.given_up * WAITING_KEPT + (gave_up and 1 or 0)
  end
  if s then
    p.taken = p.taken * HANDLING_KEPT + 1
    p.reaction = p.reaction * HANDLING_KEPT + math.max(0, now - math.max(c.joined, s.idle)) / 1000
  end
end

local function hint(hints, node, item)
  if not node or node == "" then return end
  hints[node] = hints[node] or {}
  table.insert(hints[node], item)
end

-- Writes what changed and tells the nodes. Called last: publishing is never undone.
local function write(result)
  local hints, queues, touched = extra_hints, {}, {}
  for id, c in pairs(dirty_conv) do
    c.rev = c.rev + 1
    redis.call("HSET", CONV, id, cmsgpack.pack(c))
    redis.call("HSET", GATE, id, gate_of(c))
    table.insert(touched, c)
    local nodes = {}
    if c.vnode then nodes[c.vnode] = true end
    for _, part in ipairs(c.parts) do if part.node then nodes[part.node] = true end end
    for node in pairs(extra_nodes) do nodes[node] = true end
    for node in pairs(nodes) do hint(hints, node, { k = "c", c = c }) end
  end
  for id, s in pairs(dirty_staff) do
    s.rev = s.rev + 1
    s.load = load_of(s)
    redis.call("HSET", STAFF, id, cmsgpack.pack(s))
    if s.node then hint(hints, s.node, { k = "s", s = s }) end
  end
  for queue, p in pairs(paces) do redis.call("HSET", PACE, queue, cmsgpack.pack(p)) end
  for field, amount in pairs(counted) do redis.call("HINCRBY", COUNT, field, string.format("%.0f", amount)) end
  redis.call("HSET", META, "now", string.format("%.0f", now))
  for queue in pairs(dirty_queue) do table.insert(queues, queue) end
  for node, items in pairs(hints) do
    redis.pcall("SPUBLISH", PREFIX .. "node:" .. node, "h" .. cmsgpack.pack(items))
  end
  if #queues > 0 then redis.pcall("SPUBLISH", PREFIX .. "all", cmsgpack.pack(queues)) end
  result = result or {}
  result.now = now
  result.touched = touched
  return cmsgpack.pack(result)
end
