internal import FunctionRuntime

extension Rule {
    /// Cancellation, deadlines, and the end of the process.
    static let ending: [Rule] = [
        .serving("cancel ends an invocation") { subject, child in
            let sleeps = (try? subject.request("one", path: "/sleep")) != nil
            try child.send(.invoke(sleeps ? subject.request("one", path: "/sleep") : subject.invocation("one")))
            try child.send(.cancel(id: "one", reason: .clientGone))
            let answer = try await child.reception("one")
            guard sleeps else { return "it answered once" }
            guard answer.failure?.code == .canceled else {
                throw Deviation("/sleep answered \(answer.failure?.code.rawValue ?? "a result"); want canceled")
            }
            return "code canceled"
        },
        .serving("a deadline ends an invocation") { subject, child in
            var request = try subject.request("one", path: "/sleep")
            request.remaining = .milliseconds(100)
            try child.send(.invoke(request))
            try child.send(.cancel(id: "one", reason: .deadline))
            let answer = try await child.reception("one")
            guard let code = answer.failure?.code, code == .timeout || code == .canceled else {
                throw Deviation("/sleep answered \(answer.failure?.code.rawValue ?? "a result"); want timeout")
            }
            return "code \(code.rawValue)"
        },
        .serving("an answer of another id does not wait for a slow one") { subject, child in
            try child.send(.invoke(subject.request("slow", path: "/sleep")))
            try child.send(.invoke(subject.invocation("quick")))
            _ = try await child.reception("quick")
            try child.send(.cancel(id: "slow", reason: .user))
            _ = try await child.reception("slow")
            return "the quick one came first"
        },
        Rule("drain lets it finish, say bye and exit 0") { subject in
            try await onChild(try await subject.start()) { child in
                try child.send(try Frame.invoke(subject.invocation("one")).encoded() + Frame.drain.encoded())
                _ = try await child.reception("one")
                return try await bye(child)
            }
        },
        Rule("the end of input lets it finish, say bye and exit 0") { subject in
            try await onChild(try await subject.start()) { child in
                try child.send(.invoke(subject.invocation("one")))
                await child.closeInput()
                _ = try await child.reception("one")
                return try await bye(child)
            }
        },
        Rule("the end of input before init ends it") { subject in
            try await onChild(try subject.launch()) { child in
                guard case .hello = try await child.frame("hello") else { throw Deviation("no hello") }
                await child.closeInput()
                return "exit status \(try await child.end().status ?? 0)"
            }
        },
        Rule("the end of input within a frame ends it, unanswered") { subject in
            try await onChild(try await subject.start()) { child in
                try child.send(Array(try Frame.invoke(subject.invocation("half")).encoded().dropLast(20)))
                await child.closeInput()
                let seen = try await child.end()
                guard !seen.frames.contains(where: { $0.id == "half" }) else {
                    throw Deviation("half an invocation was answered")
                }
                return "exit status \(seen.status ?? 0)"
            }
        },
    ]

    private static func bye(_ child: ChildFunction) async throws -> String {
        guard case .bye = try await child.frame("bye") else { throw Deviation("no bye") }
        let seen = try await child.end()
        guard seen.status == 0 else { throw Deviation("exit status \(seen.status ?? 0) after bye; want 0") }
        if let pollution = seen.pollution { throw Deviation("\(pollution)") }
        guard seen.frames.isEmpty else { throw Deviation("a \(seen.frames[0].type) frame after bye") }
        return "bye, exit status 0"
    }
}
