import ArgumentParser
import JSON
import ObjectStorage

/// `emulator storage rm`: deletes objects.
struct StorageRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Delete an object, or with --recursive everything below a place.")

    @Argument(help: ArgumentHelp("s3://bucket/key, or a prefix with --recursive.", valueName: "place"))
    var place: StoreLocation

    @Flag(name: .shortAndLong, help: "Everything below.")
    var recursive = false

    @OptionGroup var data: DataOptions

    func run() async throws {
        let (place, recursive) = (place, recursive)
        try await Failing.withSentence {
            guard case .store(let bucket, let key) = place, !bucket.isEmpty else {
                throw EmulatorError("\(place.text) is no place in the store: write s3://bucket/key")
            }
            guard recursive || !key.isEmpty else {
                throw EmulatorError("s3://\(bucket) is a whole bucket: --recursive deletes everything in it")
            }
            let removed = try await StoreSession.with(data.data) { session -> [String] in
                let storage = try session.bucket(bucket)
                guard recursive else {
                    _ = try await storage.head(key)
                    try await storage.delete(key)
                    return [key]
                }
                var removed: [String] = []
                for try await page in storage.list(prefix: key) {
                    for object in page.objects {
                        try await storage.delete(object.key)
                        removed.append(object.key)
                    }
                }
                return removed
            }
            StandardStream.write(
                data.json
                    ? JSON.array(removed.map(JSON.string)).text + "\n"
                    : removed.map { "deleted s3://\(bucket)/\($0)\n" }.joined(), to: 1)
        }
    }
}
