import CCurl

/// The loop that performs every transfer of a client, on a thread of its own.
///
/// Lives on that thread alone: tasks reach it through the ``Mailbox``, and it answers through each transfer's channels.
final class TransferThread {
    private let mailbox: Mailbox
    private let multi: MultiHandle
    private let options: HTTPClient.Configuration
    /// By the identity of the response channel.
    private var active: [ObjectIdentifier: ActiveTransfer] = [:]

    private init(_ mailbox: Mailbox, _ multi: MultiHandle, _ options: HTTPClient.Configuration) {
        self.mailbox = mailbox
        self.multi = multi
        self.options = options
    }

    /// Starts a thread, which ends after ``Mailbox/stop()``.
    static func start(_ options: HTTPClient.Configuration) -> Mailbox {
        let multi = MultiHandle(maximumIdleConnections: options.maximumIdleConnections)
        let mailbox = Mailbox(bell: multi)
        ThreadBody.start { TransferThread(mailbox, multi, options).run() }
        return mailbox
    }

    private func run() {
        while true {
            let (commands, isStopped) = mailbox.take()
            for command in commands { perform(command) }
            if isStopped { break }
            multi.perform()
            while let (easy, result) = multi.nextFinished() { finish(easy, result) }
            multi.poll(milliseconds: failIdleTransfers())
        }
        for transfer in active.values { end(transfer, transfer.error(.shutDown, "the HTTP client was shut down")) }
        mailbox.close()
        multi.close()
    }

    private func perform(_ command: Mailbox.Command) {
        switch command {
        case .start(let transfer):
            do throws(HTTPClientError) {
                let transfer = try ActiveTransfer(transfer, options)
                active[transfer.identity] = transfer
                multi.add(transfer.easy)
            } catch {
                transfer.response.finish(.failure(error))
                transfer.upload?.close()
            }
        case .resumeReceiving(let transfer): active[ObjectIdentifier(transfer.response)]?.resumeReceiving()
        case .resumeSending(let identity): active[identity]?.resumeSending()
        case .cancel(let transfer):
            guard let transfer = active[ObjectIdentifier(transfer.response)] else { return }
            end(transfer, CancellationError())
        }
    }

    private func finish(_ easy: UnsafeMutableRawPointer, _ result: CURLcode) {
        guard let transfer = active.values.first(where: { $0.easy == easy }) else { return }
        end(transfer, transfer.outcome(of: result))
    }

    private func end(_ transfer: ActiveTransfer, _ error: (any Error)?) {
        active[transfer.identity] = nil
        multi.remove(transfer.easy)
        transfer.close(error)
    }

    /// Ends what has been silent for too long.
    /// - Returns: milliseconds until the next transfer could be.
    private func failIdleTransfers() -> Int32 {
        let now = ContinuousClock.now
        var wait = Duration.seconds(60)
        for transfer in active.values {
            guard let deadline = transfer.idleDeadline else { continue }
            if deadline > now {
                wait = min(wait, deadline - now)
            } else {
                let limit = transfer.transfer.request.idleTimeout
                end(transfer, transfer.error(.idleTimeout, "no byte in either direction for \(limit)"))
            }
        }
        return Int32(wait.milliseconds) + 1
    }
}
