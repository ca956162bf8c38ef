import FunctionRuntime
import Glibc
import JSON
import NIOPosix
import Testing

@testable import Hosting

/// Real processes that do what they should, and what they should not.
@Suite(.timeLimit(.minutes(1))) struct WorkerTests {
    @Test func `starts a process for a call and brings the answer back`() async throws {
        let function = PythonFunction()
        try await function.run {
            let answer = try await function.pool.invoke(.get("/echo", body: Array("hello".utf8)))
            #expect(try await answer.text == "hello")
            #expect(answer.status == 200)
            #expect(answer.build == "b1")
            #expect(answer.instance == "Echo-1")
        }
        let summary = try #require(function.log.summaries.first)
        #expect(summary.status == 200)
        #expect(summary.timing.processStart > .zero)
        #expect(summary.timing.total >= summary.timing.queueWait + summary.timing.handler)
    }

    @Test(
        arguments: [
            ([.http(.get, "/pid")], 0), ([.queue("work")], 5), ([.timer("every 5s"), .object()], 5),
            ([.queue("work"), .http(.get, "/pid")], 0),
        ] as [([Trigger], Int32)])
    func `a function that answers no requests leaves the processor to those that do`(
        triggers: [Trigger], behind: Int32
    ) async throws {
        let function = PythonFunction(triggers: triggers)
        try await function.run {
            let process = try #require(id_t(try await function.get("/pid").text))
            let one = Int32(PRIO_PROCESS.rawValue)
            #expect(getpriority(one, process) == getpriority(one, 0) + behind)
        }
    }

    @Test func `many calls share one process and find their own answers`() async throws {
        let function = PythonFunction(limits: PoolLimits(maximum: 1))
        try await function.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let answer = try await function.pool.invoke(.get("/echo", body: Array("\(number)".utf8)))
                        #expect(try await answer.text == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(function.log.readyProcesses == 1)
    }

    @Test func `a body of one mebibyte arrives whole, both ways`() async throws {
        let function = PythonFunction()
        try await function.run {
            let body = [UInt8](repeating: 97, count: 1 << 20)
            let answer = try await function.pool.invoke(.get("/echo", body: body))
            #expect(try await answer.text.utf8.count == body.count)
        }
    }

    @Test func `a function's error keeps its code and fields`() async throws {
        let function = PythonFunction()
        try await function.run {
            let failure = await failure { try await function.get("/error") }
            guard case .function(let failure) = failure else { return #expect(Bool(false), "\(failure as Any)") }
            #expect(failure.code == .invalid)
            #expect(failure.errors == [FieldError("prompt", "is missing")])
        }
    }

    @Test func `observers hear of each start before its end`() async throws {
        let function = PythonFunction()
        function.log.hearStartsLate()
        try await function.run {
            for _ in 0..<20 { _ = try await function.get("/pid") }
            try await eventually { function.log.summaries.count == 20 }
            var running: Set<String> = []
            for event in function.log.all {
                switch event {
                case .started(_, let invocation, _): running.insert(invocation.id)
                case .finished(let summary): #expect(running.remove(summary.id) != nil)
                default: break
                }
            }
            #expect(running.isEmpty)
        }
    }

    @Test func `logs and progress reach the observer, and progress the caller`() async throws {
        let function = PythonFunction()
        try await function.run {
            let (progress, continuation) = AsyncStream<InvocationProgress>.makeStream()
            _ = try await function.pool.invoke(.get("/log"), onProgress: { continuation.yield($0) })
            var iterator = progress.makeAsyncIterator()
            #expect(await iterator.next() == InvocationProgress(value: 0.5, message: "half"))
        }
        #expect(
            function.log.all.contains {
                if case .log(_, "Echo-1", .some, let record) = $0 { record.message == "a line" } else { false }
            })
    }

    @Test func `a second answer for an id is dropped`() async throws {
        let function = PythonFunction()
        try await function.run {
            let first = try await function.get("/twice").text
            #expect(first == "first")
            let next = try await function.pool.invoke(.get("/echo", body: Array("next".utf8))).text
            #expect(next == "next")
        }
    }

    // MARK: Starting

    @Test func `a sentence of init_error reaches the caller`() async throws {
        let function = PythonFunction(["BEHAVIOR": "init_error"])
        try await function.run {
            let message = await startFailure(function)
            #expect(message == "DATABASE_URL is missing")
        }
    }

    @Test(arguments: [("silent", "hello"), ("never_ready", "ready")])
    func `a process that does not come to ready is ended`(_ behavior: String, _ awaited: String) async throws {
        let function = PythonFunction(["BEHAVIOR": behavior], limits: PoolLimits(startTimeout: .seconds(3)))
        try await function.run {
            let message = await startFailure(function)
            #expect(message?.contains("did not say \"\(awaited)\" within 3.0 seconds") == true)
        }
    }

    @Test func `a process that ends before ready says what it wrote last`() async throws {
        let function = PythonFunction(["BEHAVIOR": "exit"])
        try await function.run {
            let message = await startFailure(function)
            #expect(message == "Echo exited with code 3 before it was ready:\ncannot open the thing")
        }
    }

    @Test func `something that is not a function is told so, with the line it printed`() async throws {
        let function = PythonFunction(["BEHAVIOR": "chatty"])
        try await function.run {
            let message = try #require(await startFailure(function))
            #expect(message.contains("is not a function"))
            #expect(message.contains("\"Hello, I am not a function\""))
        }
    }

    @Test func `another version of the protocol is refused`() async throws {
        let function = PythonFunction(["PROTOCOL": "9"])
        try await function.run {
            let message = await startFailure(function)
            #expect(message?.contains("speaks version 9 of the invocation protocol") == true)
        }
    }

    @Test func `a file that cannot be run is a sentence`() async throws {
        let pool = ProcessPool(
            function: LocatedFunction(path: "/tmp/there-is-no-such-function", description: PythonFunction.description),
            environment: [:], group: MultiThreadedEventLoopGroup.singleton)
        let failure = await failure { try await pool.invoke(.get("/echo")) }
        guard case .unavailable(.cannotStart(let message)) = failure else { return #expect(Bool(false)) }
        #expect(message.contains("/tmp/there-is-no-such-function cannot be run: No such file or directory"))
    }

    // MARK: Crashes and pollution

    @Test func `a crash tells the signal, the last lines and who was in flight, and the next call works`() async throws
    {
        let function = PythonFunction()
        try await function.run {
            let failure = await failure { try await function.get("/crash") }
            guard case .crashed(let report, started: true) = failure else {
                return #expect(Bool(false), "\(failure as Any)")
            }
            #expect(report.ending == .signalled(SIGILL))
            #expect(report.standardError.suffix(2) == ["about to crash", "Fatal error: on purpose"])
            #expect(report.inFlight.count == 1)
            #expect(report.started == report.inFlight)
            #expect(report.description.contains("signal 4 (SIGILL)"))
            let next = try await function.pool.invoke(.get("/echo", body: [104])).text
            #expect(next == "h")
        }
        #expect(function.log.crashes.count == 1)
    }

    @Test func `SIGKILL in the middle of a call fails that call, and the next one works`() async throws {
        let function = PythonFunction()
        try await function.run {
            let process = try #require(Int32(try await function.get("/pid").text))
            async let slow = failure { try await function.get("/slow", query: ["seconds": "30"]) }
            try await function.noted("started")
            kill(process, SIGKILL)
            guard case .crashed(let report, started: true)? = await slow else { return #expect(Bool(false)) }
            #expect(report.ending == .signalled(SIGKILL))
            #expect(try await function.get("/pid").text != "\(process)")
        }
    }

    @Test func `a line on standard output that is no frame ends the process and is quoted`() async throws {
        let function = PythonFunction()
        try await function.run {
            let failure = await failure { try await function.get("/garbage") }
            guard case .crashed(let report, _) = failure else { return #expect(Bool(false)) }
            #expect(report.reason.contains("\"hello from a stray print\""))
            #expect(report.reason.contains("Standard output belongs to the protocol"))
        }
    }

    @Test func `half a frame and an exit is a crash`() async throws {
        let function = PythonFunction()
        try await function.run {
            guard case .crashed(let report, _) = await failure({ try await function.get("/half") }) else {
                return #expect(Bool(false))
            }
            #expect(report.ending == .exited(code: 0))
        }
    }

    @Test func `a function that closes its input is replaced by one that listens`() async throws {
        let function = PythonFunction(limits: PoolLimits(maximum: 1))
        try await function.run {
            #expect(try await function.get("/closestdin").text == "closed")
            try await eventually { (try? await function.pool.invoke(.get("/echo", body: [104])).text) == "h" }
        }
    }

    @Test func `innocent messages survive a poisonous one, which fails alone`() async throws {
        let function = PythonFunction(limits: PoolLimits(maximum: 1, backoff: .milliseconds(10)))
        try await function.run {
            _ = try await function.get("/pid")
            let outcomes = await withTaskGroup(of: (Int, Bool).self) { group in
                for number in 0..<4 {
                    group.addTask {
                        let body: JSON =
                            number == 2 ? ["poison": true] : ["n": .integer(Int64(number)), "seconds": 0.2]
                        let failure = await failure { try await function.pool.invoke(.message(body)) }
                        return (number, failure == nil)
                    }
                }
                var outcomes: [Int: Bool] = [:]
                for await (number, isDone) in group { outcomes[number] = isDone }
                return outcomes
            }
            #expect(outcomes == [0: true, 1: true, 2: false, 3: true])
        }
    }

    @Test func `a call that crashes before the next one fits into the pipe has begun, and does not run again`()
        async throws
    {
        let function = PythonFunction(["BEHAVIOR": "inline", "START_SECONDS": "0.5"], limits: PoolLimits(maximum: 1))
        try await function.run {
            // Both wait for the process, so that one flush takes them; the second is larger than the pipe.
            async let first = failure { try await function.get("/crash") }
            try await eventually { function.pool.status.waiting == 1 }
            let large = [UInt8](repeating: 97, count: 512 << 10)
            let second = try await function.pool.invoke(.get("/echo", body: large))
            guard case .crashed(let report, started: true)? = await first else { return #expect(Bool(false)) }
            #expect(report.inFlight.count == 2)
            #expect(report.started.count == 1)
            #expect(try await second.text.utf8.count == large.count)
        }
        #expect(function.log.crashes.count == 1)
    }

    // MARK: Streams

    @Test func `a reader that stops stops the function by credit`() async throws {
        let function = PythonFunction()
        try await function.run {
            let answer = try await function.get("/stream", query: ["total": "2000000"])
            guard case .stream(let stream) = answer.body else { return #expect(Bool(false)) }
            try await eventually { function.read("sent") == "1048576" }
            // Nothing more comes, whatever time passes: the function has no credit.
            _ = try await function.get("/pid")
            #expect(function.read("sent") == "1048576")
            var received = 0
            while let chunk = try await stream.next() { received += chunk.count }
            #expect(received == 2_000_000)
        }
    }

    @Test func `a function that sends more than its credit is ended`() async throws {
        let function = PythonFunction()
        try await function.run {
            let answer = try await function.get("/greedy")
            // Reading would give it more.
            try await eventually { function.log.crashes.count == 1 }
            let failure = await failure {
                guard case .stream(let stream) = answer.body else { return answer }
                while try await stream.next() != nil {}
                return answer
            }
            guard case .crashed(let report, _) = failure else { return #expect(Bool(false), "\(failure as Any)") }
            #expect(report.reason.contains("than it had credit for"))
        }
    }

    @Test func `a stream that is dropped cancels its call`() async throws {
        let function = PythonFunction()
        try await function.run {
            _ = try await function.get("/stream", query: ["total": "2000000"])
            try await function.noted("canceled client_gone")
        }
    }

    @Test(arguments: ["", "whole"])
    func `a streamed body reaches the function, also one that does not stream`(_ behavior: String) async throws {
        let function = PythonFunction(["BEHAVIOR": behavior])
        try await function.run {
            let stream = RequestStream()
            let total = 700_000
            #expect(!stream.offer([UInt8](repeating: 1, count: total)))
            stream.finish()
            let answer = try await function.pool.invoke(.get("/upload"), control: InvocationControl(stream: stream))
            #expect(try await answer.text == "\(total)")
        }
    }

    // MARK: Ending

    @Test func `a process that ignores drain and SIGTERM is killed`() async throws {
        let function = PythonFunction(["BEHAVIOR": "ignores_drain"], limits: PoolLimits(grace: .milliseconds(100)))
        let process = try await function.run { try #require(Int32(try await function.get("/pid").text)) }
        #expect(!isAlive(process))
    }

    @Test func `an idle process ends by itself and the next call starts another`() async throws {
        let function = PythonFunction(limits: PoolLimits(idleTimeout: .milliseconds(50)))
        try await function.run {
            let process = try #require(Int32(try await function.get("/pid").text))
            try await eventually { !isAlive(process) }
            #expect(try await function.get("/pid").text != "\(process)")
        }
        #expect(function.log.crashes.isEmpty)
    }

    @Test func `the status shows processes with their memory`() async throws {
        let function = PythonFunction()
        try await function.run {
            let process = try await function.get("/pid").text
            let instance = try #require(function.pool.status.instances.first)
            #expect(instance.processIdentifier.map { "\($0)" } == process)
            #expect(instance.phase == "ready")
            #expect(instance.build == "b1")
            #expect((instance.residentMemory ?? 0) > 1 << 20)
        }
    }

    private func startFailure(_ function: PythonFunction) async -> String? {
        guard case .unavailable(.cannotStart(let message)) = await failure({ try await function.get("/echo") }) else {
            return nil
        }
        return message
    }
}

/// The failure of an invocation, or nil when it was answered.
func failure(_ body: () async throws -> InvocationAnswer) async -> InvocationFailure? {
    do {
        _ = try await body()
        return nil
    } catch let failure as InvocationFailure {
        return failure
    } catch {
        Issue.record(error)
        return nil
    }
}
