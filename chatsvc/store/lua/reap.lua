-- A node has stopped beating: everyone who was connected there is away from now on.
-- args: node (also the owner of the `at` set in KEYS), limit
-- result: left (members still to do)
local members = redis.call("SRANDMEMBER", AT, arg.limit)
local missing
for _, member in ipairs(members) do
  local kind, id = string.sub(member, 1, 1), string.sub(member, 3)
  local s = kind == "s" and person(id)
  missing = missing or missing_queue({ kind == "v" and id or s and s.offer or nil })
end
if missing then return stale(missing) end
for _, member in ipairs(members) do
  local kind, id = string.sub(member, 1, 1), string.sub(member, 3)
  if kind == "v" then
    local c = conv(id)
    if c and c.vnode == arg.node then visitor_gone(c) end
  else
    local s = person(id)
    if s and s.node == arg.node then
      staff_gone(s)
      hint(extra_hints, arg.node, { k = "s", s = s })
    end
  end
  redis.call("SREM", AT, member)
end
extra_nodes[arg.node] = true -- should it live after all, it hears of this and puts it right
return commit({ left = redis.call("SCARD", AT) })
