package import FunctionRuntime
import Synchronization

/// A body that arrives while the function already reads it: the producer offers pieces, the function's process takes them as
/// far as its credit reaches, and `demand` tells the producer when to go on.
package final class RequestStream: Sendable {
    /// What the process is given.
    enum Piece: Sendable {
        case chunk([UInt8])
        case end
        /// The body cannot be completed; the invocation is over.
        case failed(CancelReason)
    }

    private struct State {
        var buffered: [[UInt8]] = []
        var bufferedBytes = 0
        var isComplete = false
        var failure: CancelReason?
        var credit = 0
        var sink: (@Sendable (Piece) -> Void)?
        var isClosed = false
        var demand: (@Sendable () -> Void)?
        var isDemandOwed = false
    }

    /// Above this many buffered bytes `offer` asks the producer to wait.
    private let highWater: Int
    private let state = Mutex(State())

    package init(highWater: Int = 65_536) {
        self.highWater = highWater
    }

    /// Sets what is called, from any thread, when the producer may go on after `offer` returned false.
    package func onDemand(_ demand: @escaping @Sendable () -> Void) {
        state.withLock { $0.demand = demand }
    }

    /// Adds a piece. False: wait for `demand` before the next one.
    package func offer(_ bytes: [UInt8]) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return true }
            state.buffered.append(bytes)
            state.bufferedBytes += bytes.count
            flush(&state)
            state.isDemandOwed = state.bufferedBytes >= highWater
            return !state.isDemandOwed
        }
    }

    /// The body is complete.
    package func finish() {
        state.withLock { state in
            state.isComplete = true
            flush(&state)
        }
    }

    /// The rest of the body will not come.
    package func fail(_ reason: CancelReason) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.failure = reason
            flush(&state)
        }
    }

    /// A process takes the body, with this much credit at first.
    func attach(credit: Int, _ sink: @escaping @Sendable (Piece) -> Void) {
        update { state in
            state.credit = credit
            state.sink = sink
        }
    }

    /// The function has read so many bytes more.
    func grant(_ bytes: Int) {
        update { $0.credit += bytes }
    }

    /// The function wants no more: what is left, and what still comes, is dropped.
    func close() {
        update { state in
            state.isClosed = true
            state.sink = nil
            state.buffered = []
            state.bufferedBytes = 0
        }
    }

    private func update(_ change: (inout State) -> Void) {
        let demand = state.withLock { state -> (@Sendable () -> Void)? in
            change(&state)
            flush(&state)
            guard state.isDemandOwed, state.isClosed || state.bufferedBytes < highWater / 2 else { return nil }
            state.isDemandOwed = false
            return state.demand
        }
        demand?()
    }

    /// Hands on what credit allows. Under the lock, so that pieces keep their order: a sink only appends to an outbox.
    private func flush(_ state: inout State) {
        guard let sink = state.sink else { return }
        if let failure = state.failure {
            sink(.failed(failure))
            state.isClosed = true
            state.sink = nil
            return
        }
        while state.credit > 0, !state.buffered.isEmpty {
            let piece = state.buffered.removeFirst()
            let part = piece.count <= state.credit ? piece : Array(piece[..<state.credit])
            if part.count < piece.count { state.buffered.insert(Array(piece[part.count...]), at: 0) }
            state.credit -= part.count
            state.bufferedBytes -= part.count
            sink(.chunk(part))
        }
        if state.isComplete, state.buffered.isEmpty {
            sink(.end)
            state.isClosed = true
            state.sink = nil
        }
    }
}
