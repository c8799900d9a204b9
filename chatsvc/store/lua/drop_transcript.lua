-- Removes what a conversation's logs hold, after its key is gone. Safe to run again.
-- KEYS: 1 log (hash), 2 talk stream, 3 note stream
-- Returns how many keys there were.
return redis.call("UNLINK", KEYS[1], KEYS[2], KEYS[3])
