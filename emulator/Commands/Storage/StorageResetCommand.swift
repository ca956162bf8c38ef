import ArgumentParser
import JSON
import ObjectStore

/// `emulator storage reset`: empties the store.
struct StorageResetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Empty the store: every bucket, object, upload and undelivered event goes, and clients' queues.",
        discussion: """
            The bucket of the functions is there again at once; their own queues keep their messages. The same as POST /api/storage/reset on the dashboard's port.
            """)

    @OptionGroup var data: DataOptions

    func run() async throws {
        try await Failing.withSentence {
            if let running = try RuntimeFile.find(in: data.data) {
                _ = try await RunningEmulator(running).post("/api/storage/reset", [:])
            } else {
                try await StoreSession.withIdleStore(data.data) { store in
                    try await store.reset()
                    try await store.resetQueuesAtStart()
                    try await store.createBucketIfMissing(Emulator.bucket)
                }
            }
            let answer: JSON = ["reset": true]
            StandardStream.write(data.json ? answer.text + "\n" : "the store is empty\n", to: 1)
        }
    }
}
