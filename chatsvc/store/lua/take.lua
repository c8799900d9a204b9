-- A counsellor takes a waiting visitor: a named one, the first of a queue, or the longest wait of their queues.
-- args: id (staff), conversation?, queue?
-- result: c (record); err: off_duty, at_capacity, nothing_waiting, already_taken, not_found, no_language
local s = person(arg.id)
if not s or s.state ~= "available" or s.away then return fail("off_duty") end
local c
if arg.conversation then
  c = conv(arg.conversation)
  if not c then return fail("already_taken") end
  local queue = c.transfer and c.transfer.queue or c.queue
  -- Not one of theirs: as if it were gone, so that nobody learns which conversations exist.
  if not contains(s.queues, queue) then return fail("already_taken") end
  local missing = missing_queue({ c.id })
  if missing then return stale(missing) end
  if part_of(c, s.id) or not redis.call("ZSCORE", KEYS[Q[queue].wait], c.id) then return fail("already_taken") end
  if not speaks(s, c) then return fail("no_language") end
end
if load_of(s) >= s.capacity or (c and not fits(s, c)) then return fail("at_capacity") end
if not c then
  for _, queue in ipairs(arg.queue and { arg.queue } or s.queues) do
    if not contains(s.queues, queue) then return fail("not_found") end
    if not Q[queue] then return stale(queue) end
    local first = first_for(s, queue, true)
    if first and before(first, c) then c = first end
  end
end
if not c then return fail("nothing_waiting") end
assign(c, s)
return commit({ c = c })
