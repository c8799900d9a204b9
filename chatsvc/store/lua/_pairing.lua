-- Pairing: who gets whom. Everything is O(log n) in the number of waiting visitors.

-- The mark goes when its own deadline is met: one thing changes at a time, and no script looks at the clock for it.
local function declined(c, s) return redis.call("ZSCORE", DECL, c.id .. "|" .. s.id) ~= false end

-- Takeable in `queue`, by those who speak a language of the visitor's.
local function offer_up(c, queue)
  local q = Q[queue]
  redis.call("ZADD", KEYS[q.wait], c.score, c.id)
  for _, lang in ipairs(languages_of(c)) do redis.call("ZADD", KEYS[q.of[lang]], c.score, c.id) end
  unpaired[c.id] = c
end

local function take_down(c, queue)
  local q = Q[queue]
  if units_next(c) > 1 then -- others may have waited for their sake
    for _, id in ipairs(redis.call("ZRANGE", KEYS[q.free], 0, -1)) do unsettled[id] = person(id) end
  end
  redis.call("ZREM", KEYS[q.wait], c.id)
  redis.call("ZREM", KEYS[q.of[c.route]], c.id)
  for _, lang in ipairs(c.also or {}) do redis.call("ZREM", KEYS[q.of[lang]], c.id) end
end

local function leave_lines(c)
  local q = Q[c.queue] -- nil when an active one's queue was removed: it stands in no line there
  if q then
    redis.call("ZREM", KEYS[q.line], c.id)
    take_down(c, c.queue)
  end
  if c.transfer and c.transfer.queue and Q[c.transfer.queue] then
    take_down(c, c.transfer.queue)
    dirty_queue[c.transfer.queue] = true
  end
end

-- Whose free counsellors it waits for.
local function line_of(c) return c.transfer and c.transfer.queue or c.queue end

-- Handed on to a queue: whoever takes it there becomes the owner.
local function stand_for_transfer(c)
  offer_up(c, c.transfer.queue)
  dirty_queue[c.transfer.queue] = true
end

-- In the line with its original place; takeable only while the visitor is present.
local function stand_in_line(c)
  redis.call("ZADD", KEYS[Q[c.queue].line], c.joined, c.id)
  if c.vaway then take_down(c, c.queue) else offer_up(c, c.queue) end
  if c.also and now < c.also_at then due("a", c.id, c.also_at) end
end

local function tell_released(s, c, reason)
  hint(extra_hints, s.node, { k = "r", id = c.id, staff = s.id, reason = reason })
end

local function tell_offer_ended(s, c, reason)
  hint(extra_hints, s.node, { k = "oe", id = c.id, staff = s.id, reason = reason })
end

local function tell_transfer_ended(s, c, result)
  hint(extra_hints, s.node, { k = "te", id = c.id, staff = s.id, reason = result })
end

-- Takes a staff member out of a conversation; their place is free at once.
local function unseat(c, s)
  for i, part in ipairs(c.parts) do
    if part.s == s.id then
      if part.node then extra_nodes[part.node] = true end
      table.remove(c.parts, i)
      local told = c.adrift and part.role == "owner" -- when they were given up
      if not told then pend(c, "left_conversation", { alias = part.alias }, part.n) end
      break
    end
  end
  remove(s.convs, c.id)
  remove(s.consults, c.id)
  s.idle = now
end

local function seat(c, s, role)
  local part = part_of(c, s.id)
  if part then -- a guest becomes the owner
    part.role = role
    remove(s.consults, c.id)
    return
  end
  c.seats = c.seats + 1
  table.insert(c.parts, { n = c.seats, s = s.id, alias = s.alias, role = role, node = s.node, away = s.away })
  pend(c, "joined", { alias = s.alias }, c.seats)
end

-- The one way in which a conversation gets an owner. Callers have checked that the place is free.
local function assign(c, s)
  if c.state == "active" then -- a transfer that is being taken up
    local old = owner_of(c)
    if old then learn_handling(c) end
    leave_lines(c)
    if c.transfer and c.transfer.queue then
      move_to(c, c.transfer.queue)
      c.weight = conf(c.queue).weight
    end
    if old then
      local before = person(old.s)
      unseat(c, before)
      place(before)
      tell_transfer_ended(before, c, "accepted")
      tell_released(before, c, "transferred")
    end
  else
    learn_wait(c, s)
    tally_wait(c, "answered")
    c.state = NEXT[c.state].assigned
    leave_lines(c)
  end
  c.transfer, c.adrift = nil, nil
  undue("t", c.id)
  undue("o", c.id)
  undue("a", c.id)
  if s.offer == c.id then s.offer = nil end
  c.offered, c.offer_until = nil, nil
  c.assigned, c.first_assigned = now, c.first_assigned or now
  c.warned = nil
  seat(c, s, "owner")
  table.insert(s.convs, c.id)
  s.idle = now
  s.missed = 0
  undue("v", c.id)
  local cf = conf(c.queue)
  if c.vaway then due("v", c.id, now + cf.grace_talking_ms) end
  due("i", c.id, now + cf.idle_warning_ms)
  place(s)
  touch(c)
  hint(extra_hints, s.node, { k = "a", id = c.id, staff = s.id })
end

local function make_offer(c, s, ms)
  if c.state == "waiting" then c.state = NEXT[c.state].offered end
  take_down(c, line_of(c))
  c.offered = s.id
  c.offer_until = now + ms
  c.offer_waited = now - c.joined
  s.offer = c.id
  due("o", c.id, c.offer_until)
  place(s)
  touch(c)
  hint(extra_hints, s.node, { k = "c", c = c })
end

-- `c` is not offered to `s` for so long, and then looked at again.
local function spare(c, s, ms)
  redis.call("ZADD", DECL, now + ms, c.id .. "|" .. s.id)
  due("p", c.id .. "|" .. s.id, now + ms)
end

-- Whether somebody who speaks a language of the visitor's is there for the queue in which `c` waits.
local function somebody_there(c)
  for _, id in ipairs(redis.call("SMEMBERS", KEYS[Q[c.queue].on])) do
    local s = person(id)
    if at_hand(s) and speaks(s, c) then return true end
  end
  return false
end

-- To the front of the queue that it was handed on from, by somebody who is gone.
local function fall_back(c)
  dirty_queue[c.queue] = true
  leave_lines(c)
  move_to(c, c.transfer.from)
  c.weight = conf(c.queue).weight or c.weight
  c.transfer = nil
  undue("t", c.id)
  stand_in_line(c)
  touch(c)
end

-- The time of a transfer that went on without its owner is over: it stays where somebody is there for it.
local function settle_transfer(c)
  if not somebody_there(c) then return fall_back(c) end
  c.transfer = nil
  touch(c)
end

-- A transfer that nobody has taken up is over; the owner keeps the conversation, or another one is found.
local function end_transfer(c, result)
  local owner = owner_of(c)
  if owner then tell_transfer_ended(person(owner.s), c, result) end
  c.transfer = nil
  touch(c)
end

-- Takes an offer back; the visitor returns to the original place. `reason` is told to the counsellor.
local function drop_offer(c, reason)
  local s = person(c.offered)
  undue("o", c.id)
  c.offered, c.offer_until = nil, nil
  if s then
    s.offer = nil
    tell_offer_ended(s, c, reason)
    if reason == "declined" or reason == "expired" then
      spare(c, s, conf(line_of(c)).offer_repeat_ms)
    end
    place(s)
  end
  touch(c)
  local going_on = c.transfer and c.transfer.queue and now < (c.transfer.till or math.huge)
  if c.state == "offered" then
    c.state = NEXT[c.state].offer_dropped
    stand_in_line(c)
    if not going_on and c.transfer and c.transfer.from then settle_transfer(c) end
    if not going_on then c.transfer = nil end
  elseif going_on then
    stand_for_transfer(c) -- a colleague may take it up
  elseif c.transfer then
    end_transfer(c, reason == "declined" and "declined" or "expired")
  end
end

-- An offer that was not answered in time; the second in a row pauses the counsellor.
local function miss_offer(c)
  local s = person(c.offered)
  if s then
    s.missed = s.missed + 1
    if s.missed >= 2 and s.state == "available" then
      s.state, s.reason, s.since, s.missed = "paused", "missed_offers", now, 0
    end
  end
  drop_offer(c, "expired")
end

local function before(c, other) return not other or c.score < other.score or (c.score == other.score and c.id < other.id) end

-- Whether `s` would leave behind, for `c`, somebody who stands before `c`, has waited for a step of priority and needs more
-- places than `s` has free: with a place free at a time such a one would be overtaken for ever.
local function overtakes(s, c)
  for _, queue in ipairs(s.queues) do
    local cf = conf(queue)
    local long_ago = now - (cf.priority_step_ms or 300000) -- nobody's score is above the time of joining
    for _, lang in ipairs(Q[queue] and cf.mode ~= "take" and s.languages or {}) do
      local line = redis.call("ZRANGE", KEYS[Q[queue].of[lang]], "-inf", math.min(c.score, long_ago), "BYSCORE")
      for _, id in ipairs(line) do
        local other = conv(id)
        local first = other.joined <= long_ago and other ~= c and before(other, c) and not part_of(other, s.id)
        if first and not fits(s, other) and not declined(other, s) then return true end
      end
    end
  end
  return false
end

-- A visitor has become available: the best counsellor with a place gets them, where the queue works that way.
local function pair_visitor(c)
  local queue = line_of(c)
  local cf = conf(queue)
  local stands = c.state == "waiting" and not c.vaway or c.state == "active" and c.transfer and not c.offered
  if cf.mode == "take" or not stands then return end
  local from = 0
  while true do
    local found = redis.call("ZRANGE", KEYS[Q[queue].free], from, from + 9)
    if #found == 0 then return end
    for _, id in ipairs(found) do
      local s = person(id)
      local free = s and has_place(s) and fits(s, c) and speaks(s, c) and not part_of(c, s.id)
      if free and not declined(c, s) and not overtakes(s, c) then
        if cf.mode == "auto" then assign(c, s); return end
        if not s.offer then make_offer(c, s, cf.offer_ms); return end
      end
    end
    from = from + 10
  end
end

-- The first who waits in `queue` for somebody of a language and whom `s` may have, or nil. `asked`: even if declined.
local function first_in(queue, lang, s, asked)
  local from = 0
  while true do
    local found = redis.call("ZRANGE", KEYS[Q[queue].of[lang]], from, from + 9)
    if #found == 0 then return nil end
    for _, id in ipairs(found) do
      local c = conv(id)
      if fits(s, c) and not part_of(c, s.id) and (asked or not declined(c, s)) then return c end
    end
    from = from + 10
  end
end

-- The first in `queue` that `s` may have and whose language they speak, or nil.
local function first_for(s, queue, asked)
  local best
  for _, lang in ipairs(s.languages) do
    local c = first_in(queue, lang, s, asked)
    if c and before(c, best) then best = c end
  end
  return best
end

-- A counsellor has a place: the longest wait of the queues that work by offer or automatically gets it.
local function pair_staff(s)
  if not has_place(s) then return end
  local best
  for _, queue in ipairs(s.queues) do
    local cf = conf(queue)
    if Q[queue] and cf.mode ~= "take" and not (cf.mode == "offer" and s.offer) then
      local c = first_for(s, queue)
      if c and before(c, best) then best = c end
    end
  end
  if not best or overtakes(s, best) then return end
  local cf = conf(line_of(best))
  if cf.mode == "auto" then assign(best, s) else make_offer(best, s, cf.offer_ms) end
end
