internal import HTTPClient
internal import JSON

/// Brings input pictures to where fal.ai's models can read them: to its CDN with a token for that, or to a presigned address.
/// The key goes to neither.
struct FalUploads: Sendable {
    let client: HTTPClient
    let base: String
    let authorization: String
    /// The CDN's and the presigned addresses are fal's choice.
    let policy: FetchPolicy

    private static let largestAnswer = 1 << 20

    /// - Returns: the address to give to a model.
    func upload(_ image: GenerationRequest.InputImage) async throws(ProviderError) -> String {
        if let address = try await toCDN(image) { return address }
        return try await toStorage(image)
    }

    /// - Returns: nil when the CDN does not take it.
    private func toCDN(_ image: GenerationRequest.InputImage) async throws(ProviderError) -> String? {
        let token = try await ask("/storage/auth/token?storage_type=fal-cdn-v3", [:])
        guard let base = token["base_url"]?.string, let secret = token["token"]?.string else { return nil }
        var request = HTTPClient.Request(.post, "\(base)/files/upload", body: .bytes(image.bytes))
        request.headers["authorization"] = "\(token["token_type"]?.string ?? "Bearer") \(secret)"
        request.headers["x-fal-file-name"] = "input.\(image.format.fileExtension)"
        request.headers["content-type"] = image.format.mediaType
        request.addresses = policy.addresses
        guard let (status, answer) = try? await send(request), (200..<300).contains(status) else { return nil }
        return answer["access_url"]?.string
    }

    private func toStorage(_ image: GenerationRequest.InputImage) async throws(ProviderError) -> String {
        let place = try await ask(
            "/storage/upload/initiate?storage_type=gcs",
            [
                "file_name": .string("input.\(image.format.fileExtension)"),
                "content_type": .string(image.format.mediaType),
            ])
        guard let target = place["upload_url"]?.string, let address = place["file_url"]?.string else {
            throw ProviderError(.unavailable, "fal.ai did not say where to put the input picture")
        }
        // The address itself is the permission.
        var request = HTTPClient.Request(.put, target, body: .bytes(image.bytes))
        request.headers["content-type"] = image.format.mediaType
        request.addresses = policy.addresses
        let (status, _) = try await send(request)
        guard (200..<300).contains(status) else {
            throw ProviderError(.unavailable, "fal.ai's storage did not take the input picture (status \(status))")
        }
        return address
    }

    private func ask(_ path: String, _ body: JSON) async throws(ProviderError) -> JSON {
        var request = HTTPClient.Request(.post, base + path, body: .bytes(body.serialized))
        request.headers["authorization"] = authorization
        request.headers["content-type"] = "application/json"
        let (status, answer, refusal) = try await exchange(request)
        guard (200..<300).contains(status) else { throw refusal.error(.other) }
        return answer
    }

    private func send(_ request: HTTPClient.Request) async throws(ProviderError) -> (Int, JSON) {
        let (status, answer, _) = try await exchange(request)
        return (status, answer)
    }

    /// One exchange. Nothing that costs depends on it, so a failure ends nothing but this attempt.
    private func exchange(_ request: HTTPClient.Request) async throws(ProviderError) -> (Int, JSON, FalRefusal) {
        var request = request
        request.headers["accept"] = "application/json"
        request.timeout = .seconds(120)
        do {
            let response = try await client.execute(request)
            let bytes = try await response.body.collect(upTo: Self.largestAnswer)
            let refusal = FalRefusal(response.status, bytes, response.headers)
            return (response.status, (try? JSON(parsing: bytes)) ?? .null, refusal)
        } catch {
            throw ProviderError(.unavailable, "the input picture could not be brought to fal.ai (\(error))")
        }
    }
}
