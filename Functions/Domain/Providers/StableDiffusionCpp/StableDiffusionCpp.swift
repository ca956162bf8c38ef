internal import Cryptography
package import FunctionRuntime
package import HTTPClient
internal import JSON

/// The native API of stable-diffusion.cpp's server
/// (https://github.com/leejet/stable-diffusion.cpp/blob/master/examples/server/api.md): jobs that are queued, looked at and
/// stopped while they wait. It speaks two other dialects too, OpenAI's and AUTOMATIC1111's, for which their adapters serve.
package struct StableDiffusionCpp: ProviderAdapter {
    package static let url = ConfigurationKey<String>.address(
        "SDCPP_URL", summary: "where stable-diffusion.cpp's sd-server is", want: "http://127.0.0.1:1234"
    ).optional

    package static let name = "sdcpp"
    package static let environment: [any ConfigurationKeyProtocol] = [url, FetchPolicy.key]
    package static var presence: ConfigurationKey<String?> { url }

    package var capabilities: ProviderCapabilities { ProviderCapabilities(cancels: true, takesImages: true) }

    private let client: HTTPClient
    private let fetcher: ResultFetcher
    private let base: String

    /// Bytes of an answer with its pictures as text.
    private static let largestAnswer = 192 << 20

    package init(_ configuration: Configuration, _ client: HTTPClient) throws {
        self.client = client
        fetcher = ResultFetcher(client, try configuration[FetchPolicy.key])
        base = try configuration.needed(Self.url)
    }

    package func submit(
        _ request: GenerationRequest, _ observe: ProviderObserver
    ) async throws(ProviderError) -> ProviderCall {
        var body = request.definition?.object ?? [:]
        for parameter in request.parameters { body[parameter.name] = parameter.value }
        body["prompt"] = .string(request.prompt)
        body["init_image"] = request.image.map { .string(Base64.encode($0.bytes)) }
        var sent = HTTPClient.Request(.post, base + "/sdcpp/v1/img_gen", body: .bytes(JSON.object(body).serialized))
        sent.headers["content-type"] = "application/json"
        guard let id = try await ask(sent, creates: true)["id"]?.string, ComfyUI.isID(id) else {
            throw ProviderError(.lost, "stable-diffusion.cpp took the job without saying its id", call: .goesOn)
        }
        return ProviderCall(requestID: id, state: .running(progress: nil))
    }

    package func poll(_ requestID: String) async throws(ProviderError) -> ProviderCall {
        let job = try await ask(HTTPClient.Request(.get, "\(base)/sdcpp/v1/jobs/\(requestID)"))
        guard let status = job["status"]?.string else {
            throw ProviderError(
                .unavailable, "stable-diffusion.cpp answered with something that is no job", call: .goesOn)
        }
        return ProviderCall(requestID: requestID, state: Self.state(status, job))
    }

    /// A job that waits is stopped; one that is drawn is not, nor one that has ended.
    package func cancel(_ requestID: String) async throws(ProviderError) {
        let request = HTTPClient.Request(.post, "\(base)/sdcpp/v1/jobs/\(requestID)/cancel", body: .bytes([]))
        _ = try await ask(request, accepted: [404, 409, 410])
    }

    package func fetch(_ output: ProviderOutput) async throws(ProviderError) -> [UInt8] {
        try await fetcher.fetch(output)
    }

    private static func state(_ status: String, _ job: JSON) -> ProviderCall.State {
        switch status {
        case "completed":
            let pictures = (job["result"]?["images"]?.array ?? []).compactMap { image in
                image["b64_json"]?.string.flatMap { Base64.decode($0) }.map { ProviderOutput.bytes($0) }
            }
            let nothing = ProviderError(.unavailable, "stable-diffusion.cpp finished without a picture")
            return pictures.isEmpty ? .failed(nothing) : .succeeded(pictures)
        case "failed":
            let reason = job["error"]?["message"]?.string.map { ": \($0.prefix(500))" } ?? " without a reason"
            if reason.lowercased().contains("memory") {
                return .failed(ProviderError(.unavailable, "the model ran out of memory\(reason)"))
            }
            return .failed(ProviderError(.invalid, "the model failed\(reason)", code: "provider_failed"))
        case "cancelled": return .canceled
        // Words that are not known yet count as running.
        default: return .running(progress: nil)
        }
    }

    /// One exchange.
    ///
    /// - Parameters:
    ///   - creates: whether a lost answer may have left a job behind.
    ///   - accepted: refusals that are answers.
    private func ask(
        _ request: HTTPClient.Request, creates: Bool = false, accepted: Set<Int> = []
    ) async throws(ProviderError) -> JSON {
        let looks = request.method == .get
        let goesOn: ProviderError.Call = creates || looks ? .goesOn : .ended
        var request = request
        request.timeout = .seconds(60)
        do {
            let response = try await client.execute(request)
            let bytes = try await response.body.collect(upTo: Self.largestAnswer)
            let json = try? JSON(parsing: bytes)
            if accepted.contains(response.status) { return json ?? .null }
            guard response.isSuccess else { throw Self.refusal(response, json ?? .null, looks: looks, goesOn) }
            guard let json else {
                throw ProviderError(
                    creates ? .lost : .unavailable, "stable-diffusion.cpp's answer is no JSON", call: goesOn)
            }
            return json
        } catch let error as ProviderError {
            throw error
        } catch let error as HTTPClientError where error.wasNotSent {
            throw ProviderError(
                .unavailable, "stable-diffusion.cpp cannot be reached (\(error))", call: looks ? .goesOn : .ended)
        } catch {
            throw ProviderError(.lost, "the answer of stable-diffusion.cpp was lost (\(error))", call: goesOn)
        }
    }

    private static func refusal(
        _ response: HTTPClient.Response, _ body: JSON, looks: Bool, _ goesOn: ProviderError.Call
    ) -> ProviderError {
        let text = body["message"]?.string ?? body["error"]?["message"]?.string ?? body["error"]?.string
        let detail = text.map { ": \($0.prefix(500))" } ?? ""
        let stays: ProviderError.Call = looks ? .goesOn : .ended
        switch response.status {
        case 404 where looks, 410 where looks:
            return ProviderError(.lost, "stable-diffusion.cpp no longer knows the job (status \(response.status))")
        case 401, 402, 403:
            return ProviderError(.quota, "stable-diffusion.cpp does not let us in (status \(response.status))\(detail)")
        // Its queue is full.
        case 429:
            let wait = response.headers["retry-after"].flatMap { WaitHint($0)?.duration }
            return ProviderError(.limited(wait: wait), "stable-diffusion.cpp asks to wait\(detail)", call: stays)
        case 400..<500:
            return ProviderError(
                .invalid, "stable-diffusion.cpp does not accept the request (status \(response.status))\(detail)")
        case 503: return ProviderError(.unavailable, "stable-diffusion.cpp is not available\(detail)", call: stays)
        default:
            return ProviderError(
                .unavailable, "stable-diffusion.cpp failed (status \(response.status))\(detail)", call: goesOn)
        }
    }
}
