-- Says when conversations are to be looked at next, unless somebody else has said so since they were looked at.
-- KEYS: 1 `keep`
-- ARGV: for each: conversation, the score it was found with ("" if it had none), the next one ("" for never)
-- Returns how many were set.
local set = 0
for i = 1, #ARGV, 3 do
  local at = redis.call("ZSCORE", KEYS[1], ARGV[i])
  if (at and tonumber(at) or nil) == tonumber(ARGV[i + 1]) then
    if ARGV[i + 2] == "" then
      redis.call("ZREM", KEYS[1], ARGV[i])
    else
      redis.call("ZADD", KEYS[1], ARGV[i + 2], ARGV[i])
    end
    set = set + 1
  end
end
return set
