-- The owner hands a conversation on. It stays theirs until somebody accepts.
-- args: id (staff), conversation, to_staff? or to_queue?, ttl_ms
-- result: c (record); err: not_found, bad_state, at_capacity, off_duty, unknown_queue
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part or part.role ~= "owner" then return fail("not_found") end
if c.state ~= "active" or c.transfer then return fail("bad_state") end
if not Q[c.queue] then return fail("stale") end
if arg.to_staff then
  local other = person(arg.to_staff)
  if not other or arg.to_staff == arg.id then return fail("not_found") end
  if other.state ~= "available" or other.away then return fail("off_duty") end
  if other.offer or load_of(other) >= other.capacity then return fail("at_capacity") end
  c.transfer = { staff = arg.to_staff }
  make_offer(c, other, arg.ttl_ms)
else
  local q = Q[arg.to_queue]
  if not q or conf(arg.to_queue).removed then return fail("unknown_queue") end
  c.transfer = { queue = arg.to_queue }
  c.score = math.min(c.score, c.joined - FRONT)
  redis.call("ZADD", KEYS[q.wait], c.score, c.id)
  dirty_queue[arg.to_queue] = true
  due("t", c.id, now + arg.ttl_ms)
  touch(c)
  if conf(arg.to_queue).mode ~= "take" then
    for _, id in ipairs(redis.call("ZRANGE", KEYS[q.free], 0, 19)) do
      local other = person(id)
      if id ~= arg.id and not other.offer and not declined(c, other) then
        make_offer(c, other, conf(arg.to_queue).offer_ms)
        break
      end
    end
  end
end
return commit({ c = c })
