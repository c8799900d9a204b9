-- A node has stopped beating: everyone who was connected there is away from now on.
-- args: node (also the owner of the `at` set in KEYS), limit
-- result: left (members still to do)
local members = redis.call("SRANDMEMBER", AT, arg.limit)
for _, member in ipairs(members) do
  local kind, id = string.sub(member, 1, 1), string.sub(member, 3)
  if kind == "v" then
    local c = conv(id)
    if c and c.vnode == arg.node and Q[c.queue] then visitor_gone(c) end
  else
    local s = person(id)
    if s and s.node == arg.node then staff_gone(s) end
  end
  redis.call("SREM", AT, member)
end
return commit({ left = redis.call("SCARD", AT) })
