/// The order of object events: those of one key one after another, those of different keys side by side. A value without
/// clock or input and output.
package struct ObjectBacklog<Element: Sendable>: Sendable {
    /// At most so many events are taken in.
    package let capacity: Int
    private var waiting: [String: [Element]] = [:]
    package private(set) var count = 0

    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Takes an event in; nil when there is no room.
    /// - Returns: whether the key has nobody at work yet, so that somebody must begin.
    package mutating func add(_ element: Element, key: String) -> Bool? {
        guard count < capacity else { return nil }
        count += 1
        defer { waiting[key, default: []].append(element) }
        return waiting[key] == nil
    }

    /// The event that is next for the key.
    package func first(key: String) -> Element? {
        waiting[key]?.first
    }

    /// The first event of the key is dealt with.
    /// - Returns: whether there is another one; when not, the key is forgotten.
    package mutating func finish(key: String) -> Bool {
        guard var rest = waiting[key], !rest.isEmpty else { return false }
        rest.removeFirst()
        count -= 1
        waiting[key] = rest.isEmpty ? nil : rest
        return !rest.isEmpty
    }
}
