-- Ends, absences and returns: used by commands and by deadlines alike.

-- What a wait that ends without a counsellor is counted as; any other end is the visitor's own.
local ENDED_WAITING = { visitor_timeout = "dropped", queue_closed = "closed" }

-- The visitor's token opens it no more.
local function leads_here_no_more(c)
  if redis.call("HGET", VIS, c.visitor) == c.id then redis.call("HDEL", VIS, c.visitor) end
end

-- The record of what nobody reads or writes any more; its logs stay until retention removes them. Without the visitor's
-- code: with it, conversations of one browser could be told to be of one person.
local function put_away(c)
  c.visitor = ""
  redis.call("HSET", PAST, c.id, cmsgpack.pack(c))
  redis.call("HDEL", CONV, c.id)
  redis.call("HDEL", GATE, c.id)
end

-- Ends a live conversation. `reason` as in the wire's `closed`. Erasure skips the wrap-up: nothing is left to record.
local function finish(c, reason)
  local cf = conf(c.queue)
  if c.offered then
    local gone = person(c.offered)
    undue("o", c.id)
    if gone then
      gone.offer = nil
      tell_offer_ended(gone, c, "visitor_left")
      place(gone)
    end
    c.offered, c.offer_until = nil, nil
  end
  leave_lines(c)
  c.transfer, c.adrift = nil, nil
  local owner = owner_of(c)
  if not owner then
    learn_wait(c, nil, reason ~= "queue_closed")
    tally_wait(c, ENDED_WAITING[reason] or "abandoned")
    if c.first_assigned then tally_month(c, "handled", 1) end
  end
  c.state = NEXT[c.state][owner and "ended_owned" or "ended_unowned"]
  c.reason, c.ended, c.warned = reason, now, nil
  c.linger_until = now + cf.linger_ms
  for _, kind in ipairs({ "i", "v", "t", "p", "a" }) do undue(kind, c.id) end
  due("l", c.id, c.linger_until)
  pend(c, "closed", { reason = reason }, 0)
  for i = #c.parts, 1, -1 do
    local part = c.parts[i]
    local s = person(part.s)
    if s and part.role == "owner" then
      remove(s.convs, c.id)
      if reason == "erased" then
        c.state = "closed"
        learn_handling(c)
        tally_month(c, "handled", 1)
      else
        table.insert(s.wraps, c.id)
        c.wrap_until = now + cf.wrap_up_ms * (c.heavy and 2 or 1)
        due("w", c.id, c.wrap_until)
      end
      place(s)
    elseif s then
      remove(s.consults, c.id)
      touch_staff(s)
    end
  end
  keep_ended(c)
  touch(c)
end

-- A transfer goes on although its owner is gone: the visitor waits for whoever was asked, in the front of the queue asked.
local function carry_transfer(c)
  local to = c.transfer.queue
  if to and to ~= c.queue then
    c.transfer.from, c.weight = c.queue, conf(to).weight or c.weight
    move_to(c, to)
  elseif to then
    c.transfer = nil -- it was to go to the front of this queue anyway
  end
  if not c.transfer then undue("t", c.id) end
end

-- Back to the front of its queue; the owner's place is free. When they are lost, a transfer of theirs goes on.
local function give_back(c, s, reason)
  local lost = reason == "grace"
  if c.offered and not lost then drop_offer(c, "withdrawn") end
  leave_lines(c)
  dirty_queue[c.queue] = true
  learn_handling(c)
  unseat(c, s)
  while #c.parts > 0 do -- consultants were guests of the owner
    local guest = person(c.parts[1].s)
    unseat(c, guest)
    place(guest)
    tell_released(guest, c, reason)
  end
  c.adrift = nil
  if lost and c.transfer then
    carry_transfer(c)
  else
    c.transfer = nil
    undue("t", c.id)
  end
  c.state = NEXT[c.state].returned
  c.score = math.min(c.score, c.joined - FRONT)
  c.warned = nil
  pend(c, "returned", nil, 0)
  undue("i", c.id)
  stand_in_line(c)
  if c.offered then
    take_down(c, c.queue)
    c.state = NEXT[c.state].offered
  end
  if c.vaway then due("v", c.id, now + conf(c.queue).grace_waiting_ms) end
  place(s)
  touch(c)
  tell_released(s, c, reason)
end

-- Whether `c` stands in front of its own queue because its owner is lost. Nobody is there to whom it could come back, so
-- that has no end.
local function stands_unled(c) return c.transfer and c.transfer.queue and not c.transfer.till end

local function stand_no_more(c)
  if not stands_unled(c) then return end
  if c.offered then drop_offer(c, "withdrawn") end
  leave_lines(c)
  c.transfer = nil
end

-- A guest becomes the owner of what has lost its own. A transfer that the old owner had begun is theirs now.
local function inherit(c, s)
  local before = person(owner_of(c).s)
  stand_no_more(c)
  learn_handling(c)
  unseat(c, before)
  place(before)
  tell_released(before, c, "taken_over")
  seat(c, s, "owner")
  table.insert(s.convs, c.id)
  c.adrift, c.assigned = nil, now
  s.idle = now
  place(s)
  touch(c)
  hint(extra_hints, s.node, { k = "a", id = c.id, staff = s.id })
end

-- Whether the guest `s` may become the owner of `c`. A pause keeps new visitors away, not the one they are with; the
-- end of a shift keeps away both. Whom the owner has chosen may answer first.
local function can_inherit(c, s)
  local on, load = s.state == "available" or s.state == "paused", load_of(s)
  local room = load == 0 or load + units(c) <= s.capacity
  return on and not s.away and room and (not c.offered or stands_unled(c)) and speaks(s, c)
end

-- The owner of `c` is lost for good; `commit` carries on.
local function give_up(c, part)
  c.adrift = true
  pend(c, "left_conversation", { alias = part.alias }, part.n)
  touch(c)
end

-- What has lost its owner goes to the first guest who can have it. If none can, they stay with the visitor, and it
-- stands in the front of its queue meanwhile; if there is none, the visitor waits there. Changes nothing when done again.
local function carry_on(c)
  for _, part in ipairs(c.parts) do
    local s = part.role ~= "owner" and person(part.s)
    if s and can_inherit(c, s) then return inherit(c, s) end
  end
  local owner = person(owner_of(c).s)
  if #c.parts == 1 then return give_back(c, owner, "grace") end
  if not c.transfer then
    c.transfer = { queue = c.queue }
    c.score = math.min(c.score, c.joined - FRONT)
    stand_for_transfer(c)
    touch(c)
  end
  if owner.state == "off" then -- the seat is theirs until somebody takes it
    owner.state = "draining"
    touch_staff(owner)
  end
end

-- The owner who was given up is back before anybody else has taken the conversation.
local function come_back(c, part)
  c.adrift = nil
  pend(c, "joined", { alias = part.alias }, part.n)
  stand_no_more(c)
end

local function visitor_gone(c)
  local cf = conf(c.queue)
  c.vnode, c.vconn = nil, nil
  if c.state == "waiting" or c.state == "offered" or c.state == "active" then
    c.vaway = now
    if c.state ~= "active" then take_down(c, c.queue) end
    due("v", c.id, now + (c.state == "active" and cf.grace_talking_ms or cf.grace_waiting_ms))
  end
  touch(c)
end

local function staff_gone(s)
  s.node, s.conn = nil, nil
  s.away = now
  for _, list in ipairs({ s.convs, s.wraps, s.consults }) do
    for _, id in ipairs(list) do
      local c = conv(id)
      local part = c and part_of(c, s.id)
      if part then part.node, part.away = nil, now; touch(c) end
    end
  end
  due("s", s.id, now + s.grace_ms)
  place(s)
  local c = s.offer and conv(s.offer)
  if c then drop_offer(c, "withdrawn") end -- nobody is there to answer it
end

-- The offer that `s` holds goes to somebody else. Their state says already that they take nothing.
local function withdraw_offer(s)
  local c = s.offer and conv(s.offer)
  if c then drop_offer(c, "withdrawn") end
  s.offer = nil
end

-- Clocks out. With open conversations and `drain`, the state is draining until the last one ends.
local function clock_out(s, drain, reason)
  s.reason, s.since = reason, now
  s.state = (drain and (#s.convs + #s.wraps + #s.consults) > 0) and "draining" or "off"
  withdraw_offer(s)
  place(s)
end

local function end_wrap_up(c, s)
  remove(s.wraps, c.id)
  undue("w", c.id)
  learn_handling(c)
  tally_month(c, "handled", 1)
  c.state = NEXT[c.state].wrapped_up
  c.wrap_until = nil
  keep_wrapped(c)
  s.idle = now
  place(s)
  touch(c)
end

-- `s` has lost the right to `c`: a guest becomes its owner, or it waits in the front of its queue; a record of what is over
-- stays as it is.
local function turn_out(c, s)
  local mine = part_of(c, s.id)
  if mine.role ~= "owner" then
    unseat(c, s)
    tell_released(s, c, "left")
    touch(c)
    return place(s)
  end
  if c.state == "wrap_up" then return end_wrap_up(c, s) end
  for _, part in ipairs(c.parts) do
    local guest = part.role ~= "owner" and person(part.s)
    if guest and can_inherit(c, guest) then return inherit(c, guest) end
  end
  give_back(c, s, s.away and "grace" or "returned")
end

-- Takes `s` out of everything for which `lost` is true. Of what they write up, and are offered, too.
local function turn_out_of(s, lost)
  for _, list in ipairs({ { unpack(s.convs) }, { unpack(s.wraps) }, { unpack(s.consults) } }) do
    for _, id in ipairs(list) do
      local c = conv(id)
      if c and part_of(c, s.id) and lost(c) then turn_out(c, s) end
    end
  end
  local offered = s.offer and conv(s.offer)
  if offered and lost(offered) then withdraw_offer(s) end
end

-- The one of the least number, ties by id: what a script does must not hang on the order of a Lua table.
local function least(set, number)
  local found, its
  for id, item in pairs(set) do
    local n = number(item)
    if not found or n < its or (n == its and id < found.id) then found, its = item, n end
  end
  if found then set[found.id] = nil end
  return found
end

-- Ends every script: whoever the step has left with a place or waiting is paired, then all is written. Pairing
-- happens here and nowhere else, so no step can forget it. Counsellors first: they take the longest wait, so that
-- somebody who has just returned does not overtake. Before anybody new comes what has no owner.
local function commit(result)
  while true do
    local lost = least(unled, function(item) return item.score end)
    local s = not lost and least(unsettled, rank)
    local c = not lost and not s and least(unpaired, function(item) return item.score end)
    if lost then
      if lost.adrift and not missing_queue({ lost.id }) then carry_on(lost) end
    elseif s then
      if s.state == "draining" and #s.convs + #s.wraps + #s.consults == 0 then
        s.state, s.since = "off", now
        place(s)
      end
      pair_staff(s) -- one visitor; whoever got one is looked at again, after those with less
    elseif c then
      pair_visitor(c)
    else
      return write(result)
    end
  end
end
