-- Ends a lease. ARGV: the time (microseconds), the user, the socket.
local at, user, socket = ARGV[4], ARGV[5], ARGV[6]
local key = users .. user
local state = load(user)
local ends = state.leases[socket]
if not ends then
    return
end
redis.call('HDEL', key, socket)
state.leases[socket] = nil
state.ended = math.max(state.ended, math.min(ends, now))
redis.call('HSET', key, 'ended', state.ended)
if ends > now then
    redis.call('HSET', key, 'seen', later(state.seen, at))
end
if next(state.leases) == nil and state.here then
    look_at(user, gone_at(state))
end
