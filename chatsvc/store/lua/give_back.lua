-- The owner returns a conversation to the front of its queue.
-- args: id (staff), conversation
-- result: c (record); err: not_found, bad_state
local s = person(arg.id)
local c = conv(arg.conversation)
local part = c and part_of(c, arg.id)
if not s or not part or part.role ~= "owner" then return fail("not_found") end
if c.state ~= "active" then return fail("bad_state") end
if not Q[c.queue] then return fail("stale") end
-- It should go to somebody else: not offered to this person again for the queue's time.
redis.call("ZADD", DECL, now + conf(c.queue).offer_repeat_ms, c.id .. "|" .. s.id)
due("p", c.id, now + conf(c.queue).offer_repeat_ms)
give_back(c, s, "returned")
pair_visitor(c)
settle(s)
return commit({ c = c })
