import Glibc
import JSON
import ObjectStore

/// Writes each event as a line into a file and acknowledges it then: after a kill between the two it is there twice.
struct EventRecorder {
    private let events: EventSequence
    private let store: ObjectStore
    private let file: Int32

    /// Events are kept for it from here on.
    init(_ store: ObjectStore, path: String) async throws {
        self.store = store
        events = try await store.events.subscribe("recorder")
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    func run() async throws {
        for try await event in events {
            let line: JSON = [
                "kind": .string(event.kind.rawValue), "key": .string(event.key), "etag": .string(event.etag),
                "sequencer": .string(event.sequencer),
            ]
            let bytes = line.serialized + [UInt8(ascii: "\n")]
            guard write(file, bytes, bytes.count) == bytes.count else { return }
            try await store.events.acknowledge(event)
        }
    }
}
