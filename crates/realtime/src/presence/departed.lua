-- The users who have gone, each returned once. KEYS: when nodes asked last; a name that is lost with everything else. ARGV: the silence and the pause
-- (milliseconds), how many users at most, and the name to keep where there is none.
local asked, memory = KEYS[2], KEYS[3]
local silence, pause, most, name = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7]
redis.call('SET', memory, name, 'NX')
redis.call('PEXPIRE', memory, remembered)
name = redis.call('GET', memory)
local last = redis.call('HMGET', asked, 'at', 'quiet_until')
local quiet_until = tonumber(last[2] or 0)
if last[1] and now - tonumber(last[1]) > silence then
    quiet_until = now + pause
end
redis.call('HSET', asked, 'at', now, 'quiet_until', quiet_until)
redis.call('PEXPIRE', asked, remembered)
local gone = {}
if now >= quiet_until then
    for _, user in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, most)) do
        local state = load(user)
        local at = gone_at(state)
        if not state.here then
            redis.call('ZREM', due, user)
        elseif at > now then
            redis.call('ZADD', due, at, user)
        else
            local key = users .. user
            local last_end = state.ended
            for socket, ends in pairs(state.leases) do
                redis.call('HDEL', key, socket)
                last_end = math.max(last_end, ends)
            end
            redis.call('HSET', key, 'here', '0', 'ended', last_end)
            redis.call('ZREM', due, user)
            gone[#gone + 1] = { tonumber(user), state.seen and tonumber(state.seen) or false }
        end
    end
end
return { name, gone }
