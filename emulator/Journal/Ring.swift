/// The newest elements of a stream, up to a fixed number: what a dashboard remembers.
struct Ring<Element: Sendable>: Sendable {
    private var storage: [Element] = []
    private var oldest = 0
    private let capacity: Int

    /// - Parameter capacity: how many are kept; at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// Adds one, dropping the oldest when it is full.
    mutating func append(_ element: Element) {
        if storage.count < capacity {
            storage.append(element)
        } else {
            storage[oldest] = element
            oldest = (oldest + 1) % capacity
        }
    }

    /// All of them, oldest first.
    var elements: [Element] {
        Array(storage[oldest...] + storage[..<oldest])
    }

    var count: Int { storage.count }
}
