/// Sends HTTP requests; over libcurl, with one thread for all transfers.
///
///     let client = HTTPClient()
///     let response = try await client.execute(.init(.get, "https://example.com/image.png", timeout: .seconds(30)))
///     let bytes = try await response.body.collect(upTo: 10 << 20)
///
/// Connections are kept and reused, HTTP/2 is spoken where TLS negotiates it. Cookies, redirects and credentials from
/// files are off. The thread ends with the client.
package final class HTTPClient: Sendable {
    /// What holds for every request of a client.
    package struct Configuration: Hashable, Sendable {
        /// PEM file with the certificate authorities to trust instead of the system's; nil for those.
        package var certificateAuthorities: String?
        /// Connections kept open for later requests.
        package var maximumIdleConnections: Int

        package init(certificateAuthorities: String? = nil, maximumIdleConnections: Int = 64) {
            self.certificateAuthorities = certificateAuthorities
            self.maximumIdleConnections = maximumIdleConnections
        }
    }

    let mailbox: Mailbox
    let configuration: Configuration

    package init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
        mailbox = TransferThread.start(configuration)
    }

    deinit { mailbox.stop() }

    /// Ends the thread; what is under way fails with ``HTTPClientError/Kind/shutDown``.
    package func shutdown() { mailbox.stop() }

    /// Sends `request` and returns once the head of the response has arrived, whatever its status.
    /// - Throws: ``HTTPClientError``, an error of the streamed request body, or `CancellationError`.
    package func execute(_ request: Request) async throws -> Response {
        var request = request
        var url = try HTTPURL(request.url)
        let deadline = request.timeout.map { ContinuousClock.now + $0 }
        while true {
            let response = try await exchange(request, url)
            guard request.redirects > 0, let next = try RedirectRules.next(after: response, request, url) else {
                return response
            }
            (request, url) = next
            request.timeout = deadline.map { max($0 - ContinuousClock.now, .milliseconds(1)) }
        }
    }

    /// One request, one response.
    private func exchange(_ request: Request, _ url: HTTPURL) async throws -> Response {
        let transfer = try Transfer(request, url: url, mailbox: mailbox)
        let reader = ResponseReader(transfer, client: self)
        guard mailbox.post(.start(transfer)) else {
            throw HTTPClientError(.shutDown, url.text, "the HTTP client was shut down")
        }
        let head = try await withTaskCancellationHandler {
            if case .stream(_, let send) = request.body.source, let upload = transfer.upload {
                try await waitForHead(of: transfer, sending: send, through: upload)
            } else {
                try await transfer.response.waitForHead()
            }
        } onCancel: {
            transfer.response.finish(.failure(CancellationError()))
            mailbox.post(.cancel(transfer))
        }
        return Response(
            status: head.status, headers: head.headers, url: url.text, body: ResponseBody(reader: reader))
    }

    /// Sends a stream beside waiting for the head. The stream's own failure explains more than the transfer's.
    private func waitForHead(
        of transfer: Transfer, sending send: @escaping @Sendable (UploadChannel) async throws -> Void,
        through upload: UploadChannel
    ) async throws -> ResponseHead {
        try await withTaskGroup(of: (any Error)?.self, returning: Result<ResponseHead, any Error>.self) { group in
            group.addTask {
                do {
                    try await send(upload)
                    try upload.finish()
                    return nil
                } catch  where upload.isClosed || Task.isCancelled {
                    return nil  // Nobody takes any more; whoever stopped it knows why.
                } catch {
                    upload.fail()
                    return error
                }
            }
            let head: Result<ResponseHead, any Error>
            do { head = .success(try await transfer.response.waitForHead()) } catch { head = .failure(error) }
            if (try? head.get())?.status ?? 300 >= 300 { group.cancelAll() }
            if case .some(.some(let streamError)) = await group.next() { return .failure(streamError) }
            return head
        }.get()
    }
}
