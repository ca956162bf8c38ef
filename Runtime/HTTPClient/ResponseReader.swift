/// The consumer's hold on a transfer: letting go of it ends the transfer.
final class ResponseReader: Sendable {
    let url: String
    let transfer: Transfer
    /// Keeps the client, and with it the thread, alive until the body is read.
    private let client: HTTPClient

    init(_ transfer: Transfer, client: HTTPClient) {
        url = transfer.request.url
        self.transfer = transfer
        self.client = client
    }

    deinit { if !transfer.response.isFinished { client.mailbox.post(.cancel(transfer)) } }

    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            let (chunk, wasHeldBack) = try await transfer.response.next()
            if wasHeldBack { client.mailbox.post(.resumeReceiving(transfer)) }
            return chunk
        } onCancel: {
            transfer.response.finish(.failure(CancellationError()))
            client.mailbox.post(.cancel(transfer))
        }
    }
}
