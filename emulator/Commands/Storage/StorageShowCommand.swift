import ArgumentParser
import FunctionRuntime
import HTTPClient
import JSON
import ObjectStorage

/// `emulator storage cat`: an object's bytes on standard output.
struct StorageShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cat", abstract: "Write an object to standard output; with --json what is known of it.")

    @Argument(help: ArgumentHelp("s3://bucket/key", valueName: "place"))
    var place: StoreLocation

    @OptionGroup var data: DataOptions

    func run() async throws {
        let (place, json) = (place, data.json)
        try await Failing.withSentence {
            guard case .store(let bucket, let key) = place, !bucket.isEmpty, !key.isEmpty else {
                throw EmulatorError("\(place.text) is no object: write s3://bucket/key")
            }
            try await StoreSession.with(data.data) { session in
                let storage = try session.bucket(bucket)
                guard !json else {
                    let info = try await storage.head(key)
                    let metadata = info.metadata.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
                    let text: JSON = [
                        "key": .string(info.key), "size": .integer(Int64(info.size)), "etag": .string(info.etag),
                        "contentType": .string(info.contentType), "metadata": .object(JSONObject(metadata)),
                        "modified": info.lastModified.map { .string(RFC3339.string(from: $0)) } ?? .null,
                    ]
                    return StandardStream.write(text.text + "\n", to: 1)
                }
                for try await chunk in try await storage.get(key).body { StandardStream.write(chunk, to: 1) }
            }
        }
    }
}
