import FoundationEssentials
import Synchronization
import Testing

@testable import FunctionRuntime

@Suite(.timeLimit(.minutes(1)))
struct SessionTests {
    /// A host that sends the next invocation the moment it sees an answer, and keeps what it sees.
    private final class EagerHost: FrameSink {
        private let state = Mutex((session: Session?.none, seen: [Frame]()))
        private let last = 20

        func connect(_ session: Session) { state.withLock { $0.session = session } }

        var seen: [Frame] { state.withLock { $0.seen } }

        func send(_ frame: Frame) throws(FrameError) {
            if case .ready = frame { return }
            let (session, count) = state.withLock { state in
                state.seen.append(frame)
                return (state.session, state.seen.count)
            }
            if count < last { session?.handle(.invoke(SessionTests.invocation(count + 1))) } else { session?.drain() }
        }
    }

    private static func invocation(_ number: Int) -> Invocation {
        Invocation(id: "\(number)", event: .timer(Tick(schedule: "every 1s", due: .distantPast)))
    }

    @Test func `an answer gives its place free before the host can have read it`() async throws {
        let host = EagerHost()
        let session = Session(limits: Limits(concurrency: 1), sink: host)
        host.connect(session)
        session.handle(.initialize(instance: "1", limits: .standard))
        session.serve { active, sink in sink.sendSmall(.result(id: active.id, http: nil, body: .none)) }
        session.handle(.invoke(Self.invocation(1)))
        try await session.drained()
        #expect(host.seen == (1...20).map { .result(id: "\($0)", http: nil, body: .none) })
    }
}
