import Conformance
import FoundationEssentials
import FunctionRuntime
import JSON
import Testing

/// A function in a process of its own, with the test as its host.
@Suite(.timeLimit(.minutes(1)))
struct ServingTests {
    @Test func `a print lands on standard error and never among the frames`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        #expect(try await child.text("1", "/print") == "done")
        let printed = try await child.wait(for: "print") {
            $0.standardError.contains("printed on standard output") ? true : nil
        }
        #expect(printed)
        #expect(try await child.text("2", "/echo") == "")
    }

    @Test func `nothing in the process can eat a frame`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        #expect(try await child.text("1", "/read") == "nothing to read")
        #expect(try await child.text("2", "/echo", body: .text("still here")) == "still here")
    }

    @Test func `log lines carry the id of their invocation, and none outside of one`() async throws {
        let child = try Program.launch()
        defer { child.kill() }
        _ = try await child.frame("hello")
        try child.send(.initialize(instance: "1", limits: .standard))
        let started = LogRecord(level: .info, message: "started", fields: ["number": 1])
        #expect(try await child.any("log") == .log(id: nil, record: started))
        #expect(try await child.any("ready") == .ready)
        try child.call("7", "/log")
        let logged = LogRecord(level: .warning, message: "logged", fields: ["path": "/log", "attempt": 1])
        #expect(try await child.any("log") == .log(id: "7", record: logged))
    }

    @Test func `lines below the level are not sent`() async throws {
        let child = try await Program.start(["LOG_LEVEL": "error"])
        defer { child.kill() }
        try child.call("7", "/log")
        guard case .result = try await child.any("result") else { Issue.record("a line below the level"); return }
    }

    @Test func `progress comes in order, before the answer`() async throws {
        let child = try await Program.start(["LOG_LEVEL": "error"])
        defer { child.kill() }
        try child.call("1", "/progress")
        for step in 1...4 {
            #expect(
                try await child.any("progress") == .progress(id: "1", value: Double(step) / 4, message: "step \(step)"))
        }
        guard case .result = try await child.any("result") else { Issue.record("no result"); return }
    }

    @Test func `what went wrong inside stays inside`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        try child.call("1", "/fail")
        guard case .log("1", let record) = try await child.any("log") else { Issue.record("no log"); return }
        #expect(record.level == .error)
        #expect(record.message.contains("the secret inside"))
        guard case .error("1", let failure) = try await child.any("error") else { Issue.record("no error"); return }
        #expect(failure.code == .internal)
        #expect(!failure.message.contains("the secret inside"))
    }

    @Test(arguments: Failure.Code.allCases)
    func `a failure reaches the host with its code`(code: Failure.Code) async throws {
        let child = try await Program.start()
        defer { child.kill() }
        try child.call("1", "/fail", query: ["code": [code.rawValue]])
        #expect(try await child.frame("error") == .error(id: "1", failure: Failure(code, "failed on demand")))
    }

    @Test func `cancel reaches the task, and a deadline does by itself`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        try child.call("slow", "/sleep")
        try child.call("late", "/sleep", remaining: .milliseconds(50))
        guard case .error("late", let late) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(late.code == .timeout)
        try child.send(.cancel(id: "slow", reason: .user))
        guard case .error("slow", let slow) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(slow.code == .canceled)
    }

    @Test func `deadlines go on after the host is gone, and then the process ends`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        try child.call("1", "/sleep", remaining: .milliseconds(300))
        await child.closeInput()
        guard case .error("1", let failure) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(failure.code == .timeout)
        #expect(try await child.frame("bye") == .bye)
        #expect(try await child.end().status == 0)
    }

    @Test func `a client that stops reading stops its own stream and no other`() async throws {
        let child = try await Program.start(limits: FrameLimits(credit: 100_000))
        defer { child.kill() }
        try child.call("big", "/stream", query: ["bytes": ["10000000"]])
        guard case .head("big", _) = try await child.frame("head") else { Issue.record("no head"); return }
        var sent = 0
        while sent < 100_000 {
            guard case .chunk("big", let bytes) = try await child.frame("chunk") else {
                Issue.record("no chunk"); return
            }
            sent += bytes.count
        }
        #expect(sent == 100_000)
        #expect(try await child.text("other", "/echo", body: .text("x")) == "x")
        try child.send(.credit(id: "big", bytes: 5))
        #expect(try await child.frame("chunk") == .chunk(id: "big", bytes: [UInt8](repeating: 0x2E, count: 5)))
        try child.send(.cancel(id: "big", reason: .clientGone))
        guard case .error("big", _) = try await child.frame("error") else { Issue.record("no error"); return }
    }

    @Test func `a body larger than the credit is answered as a stream`() async throws {
        let child = try await Program.start(limits: FrameLimits(credit: 1000))
        defer { child.kill() }
        try child.call("1", "/echo", body: .bytes([UInt8](repeating: 1, count: 1500)))
        guard case .head("1", _) = try await child.frame("head") else { Issue.record("no head"); return }
        #expect(try await child.frame("chunk") == .chunk(id: "1", bytes: [UInt8](repeating: 1, count: 1000)))
        try child.send(.credit(id: "1", bytes: 1000))
        #expect(try await child.frame("chunk") == .chunk(id: "1", bytes: [UInt8](repeating: 1, count: 500)))
        #expect(try await child.frame("end") == .end(id: "1"))
    }

    @Test func `a host that sends more than its credit fails that invocation only`() async throws {
        let child = try await Program.start(limits: FrameLimits(credit: 1000))
        defer { child.kill() }
        try child.call("1", "/sleep", body: .stream)
        try child.call("2", "/upload", body: .stream)
        try child.send(.chunk(id: "2", bytes: [UInt8](repeating: 0, count: 1001)))
        guard case .error("2", let failure) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(failure.message.contains("credit"))
        #expect(try await child.text("3", "/echo", body: .text("x")) == "x")
    }

    @Test func `a host that does not read never stops the reader`() async throws {
        let child = try await Program.start(limits: FrameLimits(credit: 1 << 30))
        defer { child.kill() }
        for id in 1...20 { try child.call("\(id)", "/echo", body: .bytes([UInt8](repeating: 9, count: 1_000_000))) }
        var answered: Set<String> = []
        while answered.count < 20 {
            guard case .result(let id, _, let body) = try await child.frame("result") else { break }
            #expect(body.bytes?.count == 1_000_000)
            answered.insert(id)
        }
        #expect(answered.count == 20)
    }

    @Test func `more than the declared concurrency is refused, and so is an id in use`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        try child.call("1", "/sleep")
        try child.call("1", "/sleep")
        guard case .error("1", let twice) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(twice.code == .conflict)
        for id in 2...65 { try child.call("\(id)", "/sleep") }
        guard case .error("65", let full) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(full.code == .unavailable)
    }

    @Test func `an invocation that cannot be read is answered`() async throws {
        let child = try await Program.start()
        defer { child.kill() }
        try child.send(Array("{\"type\":\"invoke\",\"id\":\"1\",\"trigger\":\"http\"}\n".utf8))
        guard case .error("1", let failure) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(failure.code == .invalid)
        try child.send(.invoke(Invocation(id: "2", event: .timer(Tick(schedule: "every 5s", due: .now)))))
        guard case .error("2", let other) = try await child.frame("error") else { Issue.record("no error"); return }
        #expect(other.message.contains("takes http events"))
    }

    @Test func `every wrong setting is told before ready`() async throws {
        let child = try Program.launch(["ECHO_NUMBER": "many", "LOG_LEVEL": "loud"])
        defer { child.kill() }
        _ = try await child.frame("hello")
        try child.send(.initialize(instance: "1", limits: .standard))
        guard case .initError(_, let errors) = try await child.frame("init_error") else {
            Issue.record("it started"); return
        }
        #expect(
            errors == [
                "ECHO_NUMBER is not a whole number: got \"many\"",
                "LOG_LEVEL is not one of debug, info, warning, error: got \"loud\"",
            ])
        #expect(try await child.end().status == 1)
    }

    @Test func `a file gives what the environment has not`() async throws {
        let file = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).env"
        try Data("ECHO_NUMBER=17\nECHO_SECRET='hunter2'\nLOG_LEVEL=debug\n".utf8).write(to: URL(filePath: file))
        let child = try await Program.start(["ENV_FILE": file, "LOG_LEVEL": "error"])
        defer { child.kill() }
        let text = try await child.text("1", "/environment")
        #expect(text == "17 Configuration(ECHO_NUMBER=17, ECHO_SECRET=<REDACTED>, LOG_LEVEL=error)")
        try FileManager.default.removeItem(atPath: file)
    }

    @Test func `a version of the protocol that is not spoken is refused with a sentence`() async throws {
        let child = try Program.launch(["FUNCTION_PROTOCOL": "2"])
        let seen = try await child.end()
        #expect(seen.status == 1)
        #expect(seen.standardError.contains("speaks version 1"))
    }
}
