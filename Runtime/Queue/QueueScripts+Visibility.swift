internal import Redis

/// The scripts of `Queue+Visibility.swift`. KEYS of all: delayed, the three streams.
extension QueueScripts {
    private static let visibility =
        prelude + """
            local names = { 'high', 'normal', 'low' }
            local indexes = { high = 1, normal = 2, low = 3 }

            local function expired(message, now)
              return message.expires and tonumber(message.expires) <= tonumber(now)
            end

            -- Hidden messages whose time is over are anybody's again; they keep their receipt until somebody takes them.
            local function show(now)
              local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000)
              for _, member in ipairs(due) do
                local message = cjson.decode(member)
                redis.call('ZREM', KEYS[1], member)
                if not expired(message, now) then
                  add(KEYS[1 + (indexes[message.priority] or 2)], message, message.attempt)
                end
              end
            end

            -- Calls visit(index, entry, message, attempts) with each message that nobody holds until it returns true.
            local function walk(now, visit)
              for index = 1, 3 do
                local stream, last = KEYS[1 + index], '0-0'
                local function one(entry, deliveries)
                  local message = fields(entry[2])
                  if expired(message, now) then return finish(stream, entry[1]) end
                  if not message.id or message.id == '' then message.id = entry[1] end
                  return visit(index, entry[1], message, (tonumber(message.attempt) or 0) + deliveries)
                end
                local groups = redis.pcall('XINFO', 'GROUPS', stream)
                if not groups.err and groups[1] then
                  last = fields(groups[1])['last-delivered-id']
                  -- What a consumer gave back (`release`).
                  local back = redis.call('XPENDING', stream, 'functions', 'IDLE', 86400000, '-', '+', 1000)
                  for _, pending in ipairs(back) do
                    local entries = redis.call('XRANGE', stream, pending[1], pending[1])
                    if entries[1] and one(entries[1], pending[4]) then return end
                  end
                end
                while true do
                  local entries = redis.call('XRANGE', stream, '(' .. last, '+', 'COUNT', 32)
                  if #entries == 0 then break end
                  for _, entry in ipairs(entries) do
                    last = entry[1]
                    if one(entry, 0) then return end
                  end
                end
              end
            end

            """

    /// ARGV: id, text, now, expires ("" = never), nonce, due ("" = visible at once). Replies the place.
    static let put = RedisScript(
        visibility + """
            local message = { id = ARGV[1], body = ARGV[2], enqueued = ARGV[3], receipt = ARGV[5] }
            if ARGV[4] ~= '' then message.expires = ARGV[4] end
            if ARGV[6] == '' then return '2:' .. add(KEYS[3], message, '0') end
            postpone(KEYS[1], ARGV[6], message, '0', 'normal')
            return 'd:' .. ARGV[6]
            """)

    /// ARGV: now, how many, due, nonce. Replies a list of {id, body, enqueued, expires, attempts, nonce}.
    static let hide = RedisScript(
        visibility + """
            local taken = {}
            show(ARGV[1])
            walk(ARGV[1], function(index, entry, message, attempts)
              finish(KEYS[1 + index], entry)
              message.receipt = ARGV[4] .. #taken
              postpone(KEYS[1], ARGV[3], message, attempts + 1, names[index])
              taken[#taken + 1] = { message.id, message.body or '', message.enqueued or '0', message.expires or '',
                attempts + 1, message.receipt }
              return #taken == tonumber(ARGV[2])
            end)
            return taken
            """)

    /// ARGV: now, how many. Replies a list of {id, body, enqueued, expires, attempts}.
    static let peek = RedisScript(
        visibility + """
            local seen = {}
            show(ARGV[1])
            walk(ARGV[1], function(index, entry, message, attempts)
              seen[#seen + 1] = { message.id, message.body or '', message.enqueued or '0', message.expires or '', attempts }
              return #seen == tonumber(ARGV[2])
            end)
            return seen
            """)

    /// ARGV: id, place, nonce, now, `delete`; or `update`, whether there is a text, the text, due ("" = visible at once),
    /// the new nonce. Replies the new place (any text for a deletion), `held` or `unknown`.
    static let change = RedisScript(
        visibility + """
            local known = false

            local function matches(message)
              if message.id ~= ARGV[1] or expired(message, ARGV[4]) then return false end
              known = true
              return message.receipt == ARGV[3]
            end

            local function hidden(members)
              for _, member in ipairs(members) do
                local message = cjson.decode(member)
                if matches(message) then
                  return message, function() redis.call('ZREM', KEYS[1], member) end
                end
              end
            end

            local function visible(index, entries)
              local stream = KEYS[1 + index]
              for _, entry in ipairs(entries) do
                local message = fields(entry[2])
                if message.id == nil or message.id == '' then message.id = entry[1] end
                if matches(message) then
                  local pending = redis.pcall('XPENDING', stream, 'functions', entry[1], entry[1], 1)
                  if pending.err or #pending == 0 then
                    message.priority = names[index]
                    return message, function() finish(stream, entry[1]) end
                  end
                end
              end
            end

            local function locate()
              local message, remove
              local due = string.match(ARGV[2], '^d:(%d+)$')
              local index, entry = string.match(ARGV[2], '^([123]):(%d+%-%d+)$')
              if due then
                message, remove = hidden(redis.call('ZRANGEBYSCORE', KEYS[1], due, due))
              elseif index then
                message, remove = visible(tonumber(index), redis.call('XRANGE', KEYS[1 + index], entry, entry))
              end
              if message then return message, remove end
              -- It was shown again meanwhile, or is not there: look at everything.
              local from = 0
              while true do
                local members = redis.call('ZRANGE', KEYS[1], from, from + 99)
                if #members == 0 then break end
                message, remove = hidden(members)
                if message then return message, remove end
                from = from + 100
              end
              for index = 1, 3 do
                local last = '0-0'
                while true do
                  local entries = redis.call('XRANGE', KEYS[1 + index], '(' .. last, '+', 'COUNT', 100)
                  if #entries == 0 then break end
                  message, remove = visible(index, entries)
                  if message then return message, remove end
                  last = entries[#entries][1]
                end
              end
            end

            local message, remove = locate()
            if not message then return known and 'held' or 'unknown' end
            remove()
            if ARGV[5] == 'delete' then return 'gone' end
            if ARGV[6] == '1' then message.body = ARGV[7] end
            message.receipt = ARGV[9]
            local index = indexes[message.priority] or 2
            if ARGV[8] == '' then return index .. ':' .. add(KEYS[1 + index], message, message.attempt or '0') end
            postpone(KEYS[1], ARGV[8], message, message.attempt or '0', names[index])
            return 'd:' .. ARGV[8]
            """)
}
