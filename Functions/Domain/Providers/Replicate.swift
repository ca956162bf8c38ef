internal import Cryptography
package import FoundationEssentials
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// Replicate's HTTP API (https://replicate.com/docs/reference/http), asynchronously: create a prediction, look at it until it has
/// ended, fetch its output.
///
/// Replicate has no idempotency key, so a create is never repeated blindly: one whose answer was lost is looked for in the list of
/// predictions, by its input.
package struct Replicate: ProviderAdapter {
    package static let name = "replicate"
    package static let presence = ConfigurationKey<String>(
        "REPLICATE_API_TOKEN", summary: "API token of Replicate; without it there is no such provider", secret: true
    ).optional
    package static let baseURL = ConfigurationKey<String>(
        "REPLICATE_BASE_URL", summary: "where Replicate's API is, without /v1", default: "https://api.replicate.com",
        kind: "an address", want: "https://api.replicate.com"
    ) { $0.hasPrefix("http://") || $0.hasPrefix("https://") ? $0.trimmingSlash : nil }
    package static let model = ConfigurationKey<String>(
        "REPLICATE_MODEL",
        summary: "model to draw with where a workflow names none: owner/name, owner/name:version, or a version",
        default: "black-forest-labs/flux-schnell")

    /// The keys a function declares that uses this provider.
    package static let environment: [any ConfigurationKeyProtocol] = [presence, baseURL, model, FetchPolicy.key]

    package let capabilities = ProviderCapabilities(
        findsLostCalls: true, cancels: true, takesImages: true, takesWebhooks: true, showsProgress: true)

    private let client: HTTPClient
    private let fetcher: ResultFetcher
    private let base: String
    private let authorization: String
    private let model: String

    /// Bytes of an input picture up to which Replicate advises a data: URL; larger ones are uploaded first.
    static let largestInline = 256 << 10
    /// Bytes of an answer; one may hold pictures as data: URLs.
    private static let largestAnswer = 128 << 20
    /// Pages of the list of predictions that a look-up reads at most; 100 predictions each.
    private static let lookUpPages = 5
    /// Seconds by which Replicate's clock may be behind ours.
    private static let clockSkew = 5.0

    /// - Throws: `ConfigurationProblem`.
    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        self.client = client
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        base = try configuration[Self.baseURL]
        authorization = "Bearer \(try configuration.needed(Self.presence))"
        model = try configuration[Self.model]
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        let target = ReplicateModel(request.model ?? model)
        var input = input(of: request)
        if let image = request.image { input["image"] = .string(try await address(of: image)) }
        var body: JSONObject = ["input": .object(input)]
        if let version = target.version { body["version"] = .string(version) }
        let answer = try await post(target.path, .object(body), creates: true)
        guard let call = Self.call(answer) else {
            throw ProviderError(
                .lost, "Replicate accepted the request with an answer that is no prediction", call: .goesOn)
        }
        return call
    }

    package func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        let answer = try await get("/v1/predictions/\(requestID)")
        guard let call = Self.call(answer) else {
            throw ProviderError(.unavailable, "Replicate answered with something that is no prediction", call: .goesOn)
        }
        return call
    }

    package func lookUp(_ request: GenerationRequest, since: Date) async throws(ProviderError) -> [ProviderCall] {
        let input = JSON.object(input(of: request))
        let earliest = since.addingTimeInterval(-Self.clockSkew)
        var candidates: [ProviderCall] = []
        var next: String? = "/v1/predictions"
        for _ in 0..<Self.lookUpPages {
            guard let path = next else { break }
            let page = try await get(path)
            for prediction in page["results"]?.array ?? [] {
                // Newest first: once they are older than the intent, none of the rest can be its.
                guard let created = prediction["created_at"]?.string.flatMap(Date.init(parameter:)), created >= earliest
                else { return candidates }
                guard prediction["input"]?.withoutImage == input else { continue }
                if let call = Self.call(prediction) { candidates.append(call) }
            }
            next = page["next"]?.string.flatMap(pathOnHost)
        }
        return candidates
    }

    package func cancel(_ requestID: String) async throws(ProviderError) {
        _ = try await post("/v1/predictions/\(requestID)/cancel")
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        switch output {
        case .bytes(let bytes): bytes
        case .address(let address): try await fetcher.fetch(address)
        }
    }

    /// The input but for its picture.
    private func input(of request: GenerationRequest) -> JSONObject {
        var input = request.parameters
        input["image"] = nil
        input["prompt"] = .string(request.prompt)
        return input
    }

    /// What stands for a picture in the input: itself where it is small, else the address of an upload.
    private func address(of image: GenerationRequest.InputImage) async throws(ProviderError) -> String {
        if image.bytes.count <= Self.largestInline {
            return "data:\(image.format.mediaType);base64,\(Base64.encode(image.bytes))"
        }
        var form = MultipartForm()
        form.add(
            "content", file: image.bytes, name: "input.\(image.format.fileExtension)",
            contentType: image.format.mediaType)
        var request = HTTPClient.Request(.post, base + "/v1/files", body: .bytes(form.encoded))
        request.headers["content-type"] = form.contentType
        let answer = try await ask(request)
        guard let address = answer["urls"]?["get"]?.string else {
            throw ProviderError(.unavailable, "Replicate took the input picture without saying where it is")
        }
        return address
    }

    private func get(_ path: String) async throws(ProviderError) -> JSON {
        try await ask(HTTPClient.Request(.get, base + path))
    }

    private func post(_ path: String, _ json: JSON? = nil, creates: Bool = false) async throws(ProviderError) -> JSON {
        var request = HTTPClient.Request(.post, base + path)
        if let json {
            request.headers["content-type"] = "application/json"
            request.body = .bytes(json.serialized)
        }
        return try await ask(request, creates: creates)
    }

    /// One exchange.
    ///
    /// - Parameter creates: whether a lost answer may have left a prediction behind.
    private func ask(_ request: HTTPClient.Request, creates: Bool = false) async throws(ProviderError) -> JSON {
        var request = request
        request.headers["authorization"] = authorization
        request.headers["accept"] = "application/json"
        request.timeout = .seconds(60)
        let looks = request.method == .get
        do {
            let response = try await client.execute(request)
            let bytes = try await response.body.collect(upTo: Self.largestAnswer)
            if response.isSuccess { return (try? JSON(parsing: bytes)) ?? .null }
            throw ReplicateRefusal(response.status, bytes, response.headers["retry-after"]).error(
                creates: creates, looks: looks)
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError where error.wasNotSent {
            throw ProviderError(.unavailable, "Replicate cannot be reached (\(error))", call: looks ? .goesOn : .ended)
        } catch {
            throw ProviderError(
                .lost, "the answer of Replicate was lost (\(error))", call: creates || looks ? .goesOn : .ended)
        }
    }

    /// The path and query of an address that Replicate gave; nil when it leads to another host, which gets no token.
    private func pathOnHost(_ address: String) -> String? {
        if address.hasPrefix("/") { return address }
        return address.hasPrefix(base + "/") ? String(address.dropFirst(base.count)) : nil
    }

    /// A prediction as a call. Statuses that are not known yet count as running.
    static func call(_ prediction: JSON) -> ProviderCall? {
        guard let id = prediction["id"]?.string, !id.isEmpty,
            id.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 || 0x30...0x39 ~= $0 || $0 == 0x2D }
            ),
            let status = prediction["status"]?.string
        else { return nil }
        switch status {
        case "succeeded":
            let outputs = outputs(in: prediction["output"] ?? .null)
            let nothing = ProviderError(.unavailable, "Replicate finished without a picture")
            return ProviderCall(requestID: id, state: outputs.isEmpty ? .failed(nothing) : .succeeded(outputs))
        case "failed", "aborted":
            return ProviderCall(requestID: id, state: .failed(ReplicateRefusal.failure(prediction["error"]?.string)))
        case "canceled":
            return ProviderCall(requestID: id, state: .canceled)
        default:
            return ProviderCall(
                requestID: id, state: .running(progress: progress(in: prediction["logs"]?.string ?? "")))
        }
    }

    /// Every picture in an output: models answer with a string, a list, or an object that holds them.
    private static func outputs(in output: JSON) -> [ProviderOutput] {
        switch output {
        case .string(let text) where text.hasPrefix("data:"):
            guard let comma = text.firstIndex(of: ","), text[..<comma].hasSuffix(";base64"),
                let bytes = Base64.decode(String(text[text.index(after: comma)...]))
            else { return [] }
            return [.bytes(bytes)]
        case .string(let text): return text.hasPrefix("http") ? [.address(text)] : []
        case .array(let elements): return elements.flatMap(outputs)
        case .object(let members): return members.flatMap { outputs(in: $0.value) }
        default: return []
        }
    }

    /// The last percentage a model has logged, as its progress bars do (` 40%|████`).
    static func progress(in logs: String) -> Double? {
        guard let sign = logs.lastIndex(of: "%") else { return nil }
        let digits = logs[..<sign].reversed().prefix { $0.isASCII && $0.isNumber }.reversed()
        guard let percent = Int(String(digits)), (0...100).contains(percent) else { return nil }
        return Double(percent) / 100
    }
}

extension JSON {
    /// The same input without its picture, which may have another address each time.
    fileprivate var withoutImage: JSON {
        guard var members = object else { return self }
        members["image"] = nil
        return .object(members)
    }
}

extension String {
    fileprivate var trimmingSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}
