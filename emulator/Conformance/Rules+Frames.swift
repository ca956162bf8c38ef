internal import FunctionRuntime

extension Rule {
    /// Framing: what a frame may look like, and how it may arrive.
    static let frames: [Rule] = [
        .serving("an invocation has one answer, under its id") { subject, child in
            try child.send(.invoke(subject.invocation("one")))
            let answer = try await child.reception("one")
            return answer.failure.map { "an error: \($0)" } ?? "status \(answer.head?.status ?? 0)"
        },
        .serving("frames of unknown types and unknown keys are ignored") { subject, child in
            try child.send(Array(#"{"type":"novelty","id":"one","later":{"a":[1,2]}}"#.utf8) + [0x0A])
            try child.send(Array(#"{"type":"bulk","id":"one","bytes":7}"#.utf8) + [0x0A] + Array("{\n\"a\":}".utf8))
            var invocation = try Frame.invoke(subject.invocation("one")).encoded()
            invocation.insert(contentsOf: #""novelty":null,"#.utf8, at: 1)
            try child.send(invocation)
            _ = try await child.reception("one")
            return "it answered all the same"
        },
        .serving("a frame may come in pieces") { subject, child in
            for byte in try Frame.invoke(subject.invocation("one")).encoded() { try child.send([byte]) }
            _ = try await child.reception("one")
            let halves = try Frame.invoke(subject.invocation("two")).encoded()
            try child.send(Array(halves.prefix(halves.count / 2)))
            do {
                let early = try await child.frame("an answer to half a frame", within: .milliseconds(100))
                throw Deviation("a \(early.type) frame after half an invocation")
            } catch let deviation as Deviation where deviation.detail.hasPrefix("no an answer") {
                try child.send(Array(halves.suffix(from: halves.count / 2)))
            }
            _ = try await child.reception("two")
            return "byte by byte, and in halves"
        },
        .serving("several frames may come at once, and ids interleave") { subject, child in
            let ids = (1...min(8, subject.description.limits.concurrency)).map { "id-\($0)" }
            var bytes: [UInt8] = []
            for id in ids { bytes += try Frame.invoke(subject.invocation(id)).encoded() }
            try child.send(bytes)
            _ = try await child.receptions(Set(ids))
            return "\(ids.count) ids at once"
        },
        .serving("U+2028 and U+2029 are ordinary characters") { subject, child in
            let text = "a\u{2028}b\u{2029}c\u{85}d"
            let echoed = try await echo(subject, child, .text(text), headers: ["x-text": text])
            return echoed ? "they came back" : "it answered"
        },
        .serving("a line of 262,144 bytes is a frame") { subject, child in
            let empty = try subject.request("one", headers: ["x-filler": ""])
            let room = try FrameLimits.standard.line - (Frame.invoke(empty).encoded().count - 1)
            let full = try subject.request("one", headers: ["x-filler": String(repeating: "h", count: room)])
            let bytes = try Frame.invoke(full).encoded()
            guard bytes.count == FrameLimits.standard.line + 1 else { throw Deviation("the kit made a wrong line") }
            try child.send(bytes)
            _ = try await child.reception("one")
            return "\(bytes.count - 1) bytes"
        },
        Rule("a longer line ends the process with a sentence") { subject in
            try await failing(subject, Array(repeating: UInt8(ascii: "x"), count: FrameLimits.standard.line + 2))
        },
        Rule("a line that is no frame ends the process with a sentence") { subject in
            try await failing(subject, Array("this is no frame\n".utf8))
        },
        .serving("an id that ended may be answered no more") { subject, child in
            try child.send(.invoke(subject.invocation("one")))
            _ = try await child.reception("one")
            for late: Frame in [
                .chunk(id: "one", bytes: Array("late".utf8)), .end(id: "one"), .credit(id: "one", bytes: 10),
                .cancel(id: "one", reason: .user), .cancel(id: "never", reason: .clientGone),
            ] { try child.send(late) }
            return "late frames were dropped"
        },
        .serving("a host that does not read stops nobody for ever") { subject, child in
            let ids = (1...min(16, subject.description.limits.concurrency)).map { "id-\($0)" }
            for id in ids { try child.send(.invoke(subject.invocation(id))) }
            try await Task.sleep(for: .milliseconds(50))
            _ = try await child.receptions(Set(ids))
            return "\(ids.count) answers waited"
        },
    ]

    /// What is wrong on standard input must end the process: it cannot know what it missed.
    private static func failing(_ subject: Subject, _ bytes: [UInt8]) async throws -> String {
        try await onChild(try await subject.start()) { child in
            try child.send(bytes)
            let seen = try await child.end()
            guard let status = seen.status, status > 0 else {
                throw Deviation("exit status \(seen.status ?? 0); want one above 0")
            }
            guard !seen.standardError.isEmpty else { throw Deviation("standard error says nothing") }
            return "exit status \(status)"
        }
    }

    /// Sends a body and, when the function has a trigger `/echo`, compares what comes back.
    static func echo(
        _ subject: Subject, _ child: ChildFunction, _ body: FrameBody, headers: Headers = [:]
    ) async throws -> Bool {
        let echoes = (try? subject.request("echo", path: "/echo", body: body)) != nil
        let request = try subject.request("echo", path: echoes ? "/echo" : nil, body: body, headers: headers)
        try child.send(.invoke(request))
        let answer = try await child.reception("echo")
        guard !echoes || answer.body == body.bytes else {
            throw Deviation("/echo answered \(answer.body.count) bytes, not the \(body.bytes?.count ?? 0) it was sent")
        }
        return echoes
    }
}
