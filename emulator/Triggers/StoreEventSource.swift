import FoundationEssentials
import FunctionRuntime
import Hosting
import ObjectStore

/// The emulator's own store as a source of object events: durable until a function has dealt with them.
struct StoreEventSource: ObjectEventSource {
    private let store: ObjectStore
    private let bucket: String
    private let events: EventSequence

    /// From here on the store keeps its events, so this comes before anybody can write to it.
    ///
    /// - Parameter bucket: the one that functions use; events of others are nobody's.
    /// - Throws: the store's error when it cannot remember who listens.
    init(store: ObjectStore, bucket: String) async throws {
        self.store = store
        self.bucket = bucket
        events = try await store.events.subscribe("functions")
    }

    func deliveries() -> AsyncThrowingStream<ObjectDelivery, any Error> {
        // One event at a time: the next is asked for when this one was taken, so that none waits in memory.
        let events = Events(store: store, bucket: bucket, iterator: events.makeAsyncIterator())
        return AsyncThrowingStream {
            do {
                return try await events.next()
            } catch is CancellationError {
                return nil  // the emulator stops: what was not acknowledged comes again at the next start
            }
        }
    }

    /// The store's events, kept open between one and the next.
    private actor Events {
        private let store: ObjectStore
        private let bucket: String
        private var iterator: EventSequence.Iterator

        init(store: ObjectStore, bucket: String, iterator: sending EventSequence.Iterator) {
            self.store = store
            self.bucket = bucket
            self.iterator = iterator
        }

        func next() async throws -> ObjectDelivery? {
            var events = iterator
            defer { iterator = events }
            while let event = try await events.next() {
                guard event.bucket == bucket else {
                    try await store.events.acknowledge(event)
                    continue
                }
                return ObjectDelivery(Self.object(event)) { [store] in try await store.events.acknowledge(event) }
            }
            return nil
        }

        private static func object(_ event: StoreEvent) -> StoredObject {
            StoredObject(
                id: "\(event.bucket)/\(event.key)/\(event.sequencer)",
                event: event.kind == .created ? .created : .deleted,
                time: Date(timeIntervalSince1970: Double(event.time) / 1000), store: event.dialect,
                bucket: event.bucket,
                key: event.key, size: Int(event.size), etag: event.etag,
                contentType: event.contentType.isEmpty ? nil : event.contentType,
                metadata: Dictionary(event.metadata.map { ($0.name.lowercased(), $0.value) }) { $1 })
        }
    }
}
