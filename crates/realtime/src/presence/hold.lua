-- Adds or renews leases. ARGV: the lease (milliseconds), the time (microseconds), and pairs of user and socket. Returns the users who were offline before.
local lease, at = tonumber(ARGV[4]), ARGV[5]
local came = {}
for place = 6, #ARGV, 2 do
    local user, socket = ARGV[place], ARGV[place + 1]
    local key = users .. user
    local state = load(user)
    if not state.here or gone_at(state) <= now then
        came[#came + 1] = tonumber(user)
        look_at(user, now + lease + grace)
    end
    for name, ends in pairs(state.leases) do
        if ends <= now and name ~= socket then
            redis.call('HDEL', key, name)
            state.ended = math.max(state.ended, ends)
        end
    end
    redis.call('HSET', key, socket, now + lease, 'ended', state.ended, 'seen', later(state.seen, at), 'here', '1')
    redis.call('PEXPIRE', key, remembered)
end
return came
