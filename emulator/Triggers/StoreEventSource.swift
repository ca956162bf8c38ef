import FoundationEssentials
import FunctionRuntime
import Hosting
import ObjectStore

/// The emulator's own store as a source of object events: durable until a function has dealt with them.
struct StoreEventSource: ObjectEventSource {
    let store: ObjectStore
    /// The bucket that functions use; events of others are nobody's.
    let bucket: String

    func deliveries() -> AsyncThrowingStream<ObjectDelivery, any Error> {
        // One event at a time: the next is asked for when this one was taken, so that none waits in memory.
        let events = Events(store: store, bucket: bucket)
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
        private var iterator: EventSequence.Iterator?

        init(store: ObjectStore, bucket: String) {
            self.store = store
            self.bucket = bucket
        }

        func next() async throws -> ObjectDelivery? {
            var events: EventSequence.Iterator
            if let iterator {
                events = iterator
            } else {
                events = try await store.events.subscribe("functions").makeAsyncIterator()
            }
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
