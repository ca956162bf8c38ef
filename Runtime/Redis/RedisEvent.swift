/// What a subscriber hears.
package enum RedisEvent: Sendable, Hashable {
    /// The subscription stands: at first, and again after each reconnect. Messages published in between are gone, so
    /// this is the moment to read the truth elsewhere.
    case subscribed
    /// A message on one of the channels.
    case message(channel: String, payload: [UInt8])
}
