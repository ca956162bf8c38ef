import ArgumentParser
import JSON
import ObjectStorage

/// `emulator storage sign`: a URL for somebody without a key.
struct StorageSignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Make a URL that lets whoever has it read an object, or store one.",
        discussion: """
            s3://bucket/key makes a presigned URL, az://container/blob a shared access signature of the same object. It need \
            not be there yet. Headers that an upload has to send are printed after the URL.
            """)

    @Argument(help: ArgumentHelp("s3://bucket/key or az://container/blob", valueName: "place"))
    var place: String

    @Flag(help: "For storing the object (PUT) instead of reading it.")
    var put = false

    @Option(help: ArgumentHelp("Seconds for which it holds, up to a week.", valueName: "seconds"))
    var expires = 3600

    @Option(help: ArgumentHelp("The content type an upload has to have.", valueName: "type"))
    var contentType: String?

    @OptionGroup var data: DataOptions

    func validate() throws {
        guard (1...604_800).contains(expires) else {
            throw ValidationError("--expires \(expires): a signed URL holds for 1 second to 7 days (604800)")
        }
    }

    func run() async throws {
        let (place, put, expires, contentType) = (place, put, expires, contentType)
        try await Failing.withSentence {
            guard case .store(let bucket, let key)? = StoreLocation(argument: place), !bucket.isEmpty, !key.isEmpty
            else {
                throw EmulatorError("\(place) is no object: write s3://bucket/key or az://container/blob")
            }
            guard try RuntimeFile.find(in: data.data) != nil else {
                throw EmulatorError("no emulator runs on \(data.data), so nobody would answer the URL: start one first")
            }
            let request = try await StoreSession.with(data.data) { session in
                let storage = try place.hasPrefix("az:") ? session.container(bucket) : session.bucket(bucket)
                return put
                    ? try storage.presignPut(
                        key, PresignedUpload(contentType: contentType), expiry: .seconds(expires))
                    : try storage.presignGet(key, expiry: .seconds(expires))
            }
            let headers = request.headers.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            let json: JSON = [
                "method": .string(put ? "PUT" : "GET"), "url": .string(request.url),
                "headers": .object(JSONObject(headers.map { ($0.name, JSON.string($0.value)) })),
            ]
            StandardStream.write(
                data.json
                    ? json.text + "\n" : request.url + "\n" + headers.map { "\($0.name): \($0.value)\n" }.joined(),
                to: 1)
        }
    }
}
