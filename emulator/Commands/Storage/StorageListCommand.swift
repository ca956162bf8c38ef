import ArgumentParser
import FunctionRuntime
import JSON
import ObjectStorage

/// `emulator storage ls`: buckets, or what is in one.
struct StorageListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List the buckets, or the objects below a place.",
        discussion: "One level, with what lies deeper as prefixes that end in /; --recursive lists every object.")

    @Argument(help: ArgumentHelp("s3://bucket or s3://bucket/prefix; without it: the buckets.", valueName: "place"))
    var place: StoreLocation?

    @Flag(name: .shortAndLong, help: "Every object below.")
    var recursive = false

    @OptionGroup var data: DataOptions

    func run() async throws {
        let (place, recursive) = (place, recursive)
        try await Failing.withSentence {
            let rows = try await StoreSession.with(data.data) { session -> [JSON] in
                switch place {
                case nil: return try await session.bucketNames().map { ["bucket": .string($0)] }
                case .file(let path): throw EmulatorError("\(path) is no place in the store: write s3://bucket/prefix")
                case .store("", _): return try await session.bucketNames().map { ["bucket": .string($0)] }
                case .store(let bucket, let prefix):
                    return try await Self.objects(session.bucket(bucket), prefix, recursive)
                }
            }
            StandardStream.write(data.json ? JSON.array(rows).text + "\n" : rows.map(Self.text).joined(), to: 1)
        }
    }

    private static func objects(_ bucket: ObjectStorage, _ prefix: String, _ recursive: Bool) async throws -> [JSON] {
        var rows: [JSON] = []
        for try await page in bucket.list(prefix: prefix, delimiter: recursive ? nil : "/") {
            rows += page.prefixes.map { ["prefix": .string($0)] }
            rows += page.objects.map { object in
                [
                    "key": .string(object.key), "size": .integer(Int64(object.size)), "etag": .string(object.etag),
                    "modified": object.lastModified.map { .string(RFC3339.string(from: $0)) } ?? .null,
                ]
            }
        }
        return rows
    }

    private static func text(_ row: JSON) -> String {
        if let bucket = row["bucket"]?.string { return bucket + "\n" }
        if let prefix = row["prefix"]?.string { return String(repeating: " ", count: 38) + prefix + "\n" }
        let size = String(row["size"]?.int ?? 0)
        let modified = row["modified"]?.string ?? ""
        return modified + String(repeating: " ", count: max(1, 26 - modified.count + 11 - size.count)) + size + " "
            + (row["key"]?.string ?? "") + "\n"
    }
}
