/// One exchange as both sides see it: the task that asked for it and the thread that performs it.
final class Transfer: Sendable {
    let request: HTTPClient.Request
    let url: HTTPURL
    let response = ResponseChannel()
    /// Only for a streamed request body.
    let upload: UploadChannel?

    /// - Throws: ``HTTPClientError/Kind/invalidRequest`` for what must not be put on a wire.
    init(_ request: HTTPClient.Request, url: HTTPURL, mailbox: Mailbox) throws(HTTPClientError) {
        for field in request.headers {
            let isName = !field.name.isEmpty && field.name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x3A }
            guard isName, field.value.utf8.allSatisfy({ ($0 >= 0x20 || $0 == 9) && $0 != 0x7F }) else {
                throw HTTPClientError(
                    .invalidRequest, url.text,
                    "the header \(String(reflecting: field.name)) holds a character it must not")
            }
        }
        self.request = request
        self.url = url
        if case .stream(let length, _) = request.body.source {
            let identity = ObjectIdentifier(response)
            upload = UploadChannel(length: length, url: url.text) { mailbox.post(.resumeSending(identity)) }
        } else {
            upload = nil
        }
    }
}
