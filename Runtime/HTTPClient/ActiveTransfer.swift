import CCurl

/// A transfer under way: libcurl's easy handle, and what its callbacks remember. Lives on the transfer thread.
final class ActiveTransfer {
    let transfer: Transfer
    let easy: UnsafeMutableRawPointer
    let body: BodySource
    private var head = ResponseHead()
    private var received = 0
    private var isReceivingPaused = false
    private var isSendingPaused = false
    private var lastActivity = ContinuousClock.now
    /// Why a callback ended the transfer: explains more than libcurl's code for "a callback said so".
    private var failure: HTTPClientError?
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var headerList: UnsafeMutablePointer<curl_slist>?

    var identity: ObjectIdentifier { ObjectIdentifier(transfer.response) }

    init(_ transfer: Transfer, _ options: HTTPClient.Configuration) throws(HTTPClientError) {
        self.transfer = transfer
        body = try BodySource(transfer)
        guard let easy = curl_easy_init() else { fatalError("libcurl: no memory for a transfer") }
        self.easy = easy
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        headerList = EasyOptions.headerList(transfer.request)
        EasyOptions.apply(transfer, body: body, headers: headerList, options, to: easy)
        EasyOptions.install(self, errorText: errorText, on: easy)
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        errorText.deallocate()
    }

    /// Tells both sides how it ended; nil for well.
    func close(_ error: (any Error)?) {
        transfer.response.finish(error.map { .failure($0) } ?? .success(()))
        transfer.upload?.close()
    }

    func error(_ kind: HTTPClientError.Kind, _ reason: String) -> HTTPClientError {
        HTTPClientError(kind, transfer.url.text, reason)
    }

    /// Nil while it is our own side that does not read or has nothing to send.
    var idleDeadline: ContinuousClock.Instant? {
        isReceivingPaused || isSendingPaused ? nil : lastActivity + transfer.request.idleTimeout
    }

    // MARK: callbacks

    /// - Returns: how many bytes were taken, libcurl's sign for "pause", or 0 to abort.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
        lastActivity = .now
        if let limit = transfer.request.maximumBodySize, received + bytes.count > limit {
            return refuse(.bodyTooLarge, "the response has more than \(limit) bytes")
        }
        guard transfer.response.offer(bytes) else {
            isReceivingPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        received += bytes.count
        return bytes.count
    }

    /// - Returns: how many bytes were taken, or another number to abort.
    func receive(headerLine bytes: UnsafeRawBufferPointer) -> Int {
        lastActivity = .now
        if head.isComplete { return bytes.count }
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        guard head.add(line: String(decoding: line, as: UTF8.self)) else {
            return refuse(.invalidResponse, "the response has a malformed header")
        }
        if head.isComplete {
            if let limit = transfer.request.maximumBodySize, transfer.request.method != .head,
                let length = head.contentLength, length > limit
            {
                return refuse(.bodyTooLarge, "the response has \(length) bytes; at most \(limit) are accepted")
            }
            transfer.response.receive(head)
        }
        return bytes.count
    }

    func send(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        lastActivity = .now
        switch body.read(into: buffer) {
        case .bytes(let count): return count
        case .end: return 0
        case .failed: return Int(CURL_READFUNC_ABORT)
        case .nothing:
            isSendingPaused = true
            return Int(CURL_READFUNC_PAUSE)
        }
    }

    /// Goes back in the body, because a connection from the pool broke without an answer and libcurl wants to send the request again on
    /// another. What may not happen twice is not sent twice: the server may have dealt with it and died before it answered.
    func rewind(to position: Int) -> Bool {
        if !transfer.request.method.isRepeatable || !body.seek(to: position) {
            failure = error(.connectionLost, "the connection broke before an answer came")
            return false
        }
        return true
    }

    func allows(_ address: IPAddress?) -> Bool {
        guard let address, transfer.request.addresses.allows(address) else {
            let name = address.map { "\($0)" } ?? "of an unknown family"
            failure = error(.addressRefused, "its address \(name) is not on the public internet")
            return false
        }
        return true
    }

    private func refuse(_ kind: HTTPClientError.Kind, _ reason: String) -> Int {
        failure = error(kind, reason)
        return 0
    }

    // MARK: pausing

    func resumeReceiving() {
        guard isReceivingPaused else { return }
        isReceivingPaused = false
        updatePause()
    }

    func resumeSending() {
        guard isSendingPaused else { return }
        isSendingPaused = false
        updatePause()
    }

    /// libcurl takes the whole wish at once, and may call back from inside: the flags are set before.
    private func updatePause() {
        lastActivity = .now
        let mask = (isReceivingPaused ? CURLPAUSE_RECV : 0) | (isSendingPaused ? CURLPAUSE_SEND : 0)
        let code = curl_easy_pause(easy, mask)
        if code != CURLE_OK && failure == nil { failure = outcome(of: code) }
    }

    // MARK: the end

    /// What went wrong, or nil.
    func outcome(of code: CURLcode) -> HTTPClientError? {
        if code == CURLE_OK { return head.isComplete ? nil : error(.invalidResponse, "the response has no head") }
        if let failure { return failure }
        let detail = String(cString: errorText)
        let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        return error(kind(of: code), reason)
    }

    private func kind(of code: CURLcode) -> HTTPClientError.Kind {
        switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SEND_FAIL_REWIND: .invalidRequest
        case CURLE_READ_ERROR, CURLE_ABORTED_BY_CALLBACK: .bodyUnavailable
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: .connectionFailed
        case CURLE_OPERATION_TIMEDOUT:
            isConnecting && !endsBeforeConnectTimeout ? .connectTimeout : .timeout
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            .tls
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            .invalidResponse
        default: .connectionLost
        }
    }

    private var isConnecting: Bool { curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T) == 0 }

    /// libcurl has one code for both timeouts: while it connects, the shorter one was it.
    private var endsBeforeConnectTimeout: Bool {
        guard let timeout = transfer.request.timeout else { return false }
        return timeout < transfer.request.connectTimeout
    }
}
