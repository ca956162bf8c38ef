import FoundationEssentials

/// Delivers a stand-in's webhooks when they are due: as often, as late and in such an order as the knobs have it.
struct WebhookSender: Sendable {
    private let outbound: Outbound
    private let ledger: CallLedger
    private let board: KnobBoard
    private let queue = AsyncStream.makeStream(of: (webhook: Webhook, due: Date).self)

    init(_ state: StandInState) {
        outbound = state.outbound
        ledger = state.ledger
        board = state.knobs
    }

    func send(_ webhook: Webhook) {
        let knobs = webhook.knobs.webhook
        guard knobs.delivers else { return }
        for _ in 0..<knobs.copies {
            var further = 0.0
            if knobs.shuffle > 0 {
                var dice = board.dice(for: "\(webhook.provider).webhooks", seed: webhook.knobs.seed)
                further = dice.share * Double(knobs.shuffle)
            }
            let wait = (Double(knobs.delay) + further) / 1000
            queue.continuation.yield((webhook, webhook.due.addingTimeInterval(wait)))
        }
    }

    /// Delivers until it is canceled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await (webhook, due) in queue.stream {
                group.addTask { await deliver(webhook, due: due) }
            }
            group.cancelAll()
        }
    }

    private func deliver(_ webhook: Webhook, due: Date) async {
        guard (try? await Task.sleep(for: .seconds(max(0, due.timeIntervalSinceNow)))) != nil else { return }
        for attempt in 0..<webhook.attempts {
            guard let message = await webhook.message() else { return }
            let status = await outbound.post(webhook.url, headers: message.headers, body: message.body)
            ledger.record(
                .init(
                    provider: webhook.provider, action: "webhook", id: webhook.id, status: status,
                    reference: webhook.url))
            if (200..<300).contains(status) { return }
            guard (try? await Task.sleep(for: .seconds(1 << attempt))) != nil else { return }
        }
    }
}
