package import FunctionRuntime
import Synchronization

/// The body of a streamed answer. Reading it gives the function credit for more; not reading it stops the function.
///
/// One reader. A stream that is dropped before its end cancels the invocation.
package final class AnswerStream: Sendable, AsyncSequence {
    package typealias Element = [UInt8]

    private struct State {
        var chunks: [[UInt8]] = []
        var ending: Result<Void, InvocationFailure>?
        var reader: CheckedContinuation<Void, Never>?
        /// Bytes the function may still send.
        var credit: Int
        /// Bytes read and not yet given back as credit.
        var owed = 0
    }

    private let state: Mutex<State>
    private let window: Int
    private let giveCredit: @Sendable (Int) -> Void
    private let giveUp: @Sendable (CancelReason) -> Void

    /// - Parameters:
    ///   - credit: Bytes the function may send before anything was read.
    ///   - giveCredit: Sends the function more credit.
    ///   - giveUp: Cancels the invocation.
    package init(
        credit: Int, giveCredit: @escaping @Sendable (Int) -> Void, giveUp: @escaping @Sendable (CancelReason) -> Void
    ) {
        window = credit
        state = Mutex(State(credit: credit))
        self.giveCredit = giveCredit
        self.giveUp = giveUp
    }

    deinit {
        if state.withLock({ $0.ending == nil }) { giveUp(.clientGone) }
    }

    /// The next piece, nil at the end; throws when the function fails in the middle.
    package func next() async throws(InvocationFailure) -> [UInt8]? {
        while true {
            let (chunk, ending, credit) = state.withLock { state in take(&state) }
            if credit > 0 { giveCredit(credit) }
            if let chunk { return chunk }
            if let ending {
                try ending.get()
                return nil
            }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        if !state.chunks.isEmpty || state.ending != nil { return true }
                        state.reader = continuation
                        return false
                    }
                    if isReady { continuation.resume() }
                }
            } onCancel: {
                cancel(.clientGone)
            }
        }
    }

    /// Gives up reading: the invocation is canceled, and `next` throws.
    package func cancel(_ reason: CancelReason) {
        if end(.failure(.canceled(reason))) { giveUp(reason) }
    }

    /// A chunk came. False when the function sent more than it had credit for.
    package func receive(_ bytes: [UInt8]) -> Bool {
        let (isAllowed, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.ending == nil else { return (true, nil) }
            guard bytes.count <= state.credit else { return (false, nil) }
            state.credit -= bytes.count
            if !bytes.isEmpty { state.chunks.append(bytes) }
            return (true, state.reader.take())
        }
        reader?.resume()
        return isAllowed
    }

    /// No more chunks come. False when it had ended before.
    @discardableResult
    package func end(_ result: Result<Void, InvocationFailure>) -> Bool {
        let (isFirst, reader) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard state.ending == nil else { return (false, nil) }
            state.ending = result
            return (true, state.reader.take())
        }
        reader?.resume()
        return isFirst
    }

    private func take(_ state: inout State) -> ([UInt8]?, Result<Void, InvocationFailure>?, Int) {
        guard !state.chunks.isEmpty else { return (nil, state.ending, 0) }
        let chunk = state.chunks.removeFirst()
        state.owed += chunk.count
        guard state.ending == nil, state.owed >= window / 4 else { return (chunk, nil, 0) }
        let credit = state.owed
        state.owed = 0
        state.credit += credit
        return (chunk, nil, credit)
    }

    package func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    package struct Iterator: AsyncIteratorProtocol {
        let stream: AnswerStream

        package func next() async throws -> [UInt8]? { try await stream.next() }
    }
}
