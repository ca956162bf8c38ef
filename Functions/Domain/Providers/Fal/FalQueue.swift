internal import HTTPClient
internal import JSON

/// The exchanges with fal.ai's queue, each of them one.
struct FalQueue: Sendable {
    let client: HTTPClient
    let base: String
    let authorization: String

    /// What a request is for: what its failure leaves behind depends on that.
    enum Purpose {
        /// A lost answer may have left work behind.
        case submit
        /// The work goes on, whatever comes of it.
        case look
        case other
    }

    /// Bytes of an answer; a result may hold pictures as data: URLs.
    private static let largestAnswer = 128 << 20

    /// Puts a request in the queue.
    ///
    /// - Parameter webhook: what fal is to call when it has ended.
    func submit(
        _ model: FalModel, _ input: JSON, headers: HTTPHeaders, webhook: String?
    ) async throws(ProviderError) -> JSON {
        var url = "\(base)/\(model.path)"
        if let webhook { url += "?fal_webhook=\(webhook.queryEncoded)" }
        var request = HTTPClient.Request(.post, url, headers: headers, body: .bytes(input.serialized))
        request.headers["content-type"] = "application/json"
        return try await ask(request, .submit)
    }

    /// What is at a path now.
    func look(at path: String) async throws(ProviderError) -> JSON {
        try await ask(HTTPClient.Request(.get, "\(base)/\(path)"), .look)
    }

    /// Has a request taken out of the queue, or its run stopped. One that is over stays as it is.
    func cancel(_ call: FalCall) async throws(ProviderError) {
        let (response, bytes) = try await exchange(HTTPClient.Request(.put, "\(base)/\(call.path)/cancel"), .other)
        // 400 says that it was completed before, 404 that it is forgotten: nothing is left to stop.
        guard response.isSuccess || [400, 404].contains(response.status) else {
            throw FalRefusal(response.status, bytes, response.headers).error(.other)
        }
    }

    /// How a completed request ended: the model's own answer, with its own status.
    func result(of call: FalCall) async throws(ProviderError) -> ProviderCall.State {
        let (response, bytes) = try await exchange(HTTPClient.Request(.get, "\(base)/\(call.path)"), .look)
        if response.isSuccess {
            guard let result = try? JSON(parsing: bytes) else {
                throw ProviderError(.unavailable, "fal.ai's result is no JSON", call: .goesOn)
            }
            return FalResult(result).state
        }
        let refusal = FalRefusal(response.status, bytes, response.headers)
        guard refusal.endsCall, ![401, 403, 404, 429].contains(response.status) else { throw refusal.error(.look) }
        return refusal.end
    }

    /// Follows the stream of a request's statuses and tells its progress.
    ///
    /// - Returns: the status it ends with; nil when the stream breaks, or there is none.
    func statuses(of call: FalCall, _ observe: ProviderObserver) async -> FalStatus? {
        var request = HTTPClient.Request(.get, "\(base)/\(call.path)/status/stream?logs=1", idleTimeout: .seconds(60))
        request.headers["authorization"] = authorization
        request.headers["accept"] = "text/event-stream"
        do {
            let response = try await client.execute(request)
            guard response.isSuccess,
                response.headers["content-type"]?.lowercased().hasPrefix("text/event-stream") == true
            else { return nil }
            for try await event in response.body.events(maximumEventSize: 1 << 20) {
                guard let status = (try? JSON(parsing: Array(event.data.utf8))).flatMap(FalStatus.init) else {
                    continue
                }
                guard case .running(let progress) = status else { return status }
                if let progress { await observe.report(.progress(progress)) }
            }
        } catch {
            // Whoever follows it looks instead.
        }
        return nil
    }

    private func ask(_ request: HTTPClient.Request, _ purpose: Purpose) async throws(ProviderError) -> JSON {
        let (response, bytes) = try await exchange(request, purpose)
        guard response.isSuccess else {
            throw FalRefusal(response.status, bytes, response.headers).error(purpose)
        }
        return (try? JSON(parsing: bytes)) ?? .null
    }

    private func exchange(
        _ request: HTTPClient.Request, _ purpose: Purpose
    ) async throws(ProviderError) -> (HTTPClient.Response, [UInt8]) {
        var request = request
        request.headers["authorization"] = authorization
        request.headers["accept"] = "application/json"
        request.timeout = .seconds(60)
        do {
            let response = try await client.execute(request)
            return (response, try await response.body.collect(upTo: Self.largestAnswer))
        } catch let error as HTTPClientError where error.wasNotSent {
            throw ProviderError(
                .unavailable, "fal.ai cannot be reached (\(error))", call: purpose == .look ? .goesOn : .ended)
        } catch {
            throw ProviderError(
                .lost, "the answer of fal.ai was lost (\(error))", call: purpose == .other ? .ended : .goesOn)
        }
    }
}
