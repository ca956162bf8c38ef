import FunctionRuntime
import Glibc
import Synchronization
import Testing

@testable import Hosting

/// A new build takes over from a process that is at work.
@Suite(.timeLimit(.minutes(1))) struct ReplacementTests {
    /// The fixture under another path, which says another build or does not start.
    private struct Build {
        let path: String
        var located: LocatedFunction { LocatedFunction(path: path, description: PythonFunction.description) }

        init(_ function: PythonFunction, _ variables: String) {
            path = function.folder + "/" + "build-\(InvocationIdentifier.make())"
            let file = fopen(path, "w")!
            fputs("#!/bin/sh\n\(variables) exec \(PythonFunction.path) \"$@\"\n", file)
            fclose(file)
            chmod(path, 0o755)
        }
    }

    /// Callers go on until it is done.
    private final class Load: Sendable {
        let isDone = Atomic(false)
    }

    @Test func `no request is dropped while builds change under load`() async throws {
        let function = PythonFunction(limits: PoolLimits(maximum: 1))
        try await function.run {
            let load = Load()
            let builds = try await withThrowingTaskGroup(of: Set<String>.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var seen: Set<String> = []
                        var isLast = false
                        repeat {
                            // One more call once it is done: that one meets the last build.
                            isLast = load.isDone.load(ordering: .relaxed)
                            seen.insert(try await function.get("/echo").build)
                        } while !isLast
                        return seen
                    }
                }
                for number in 2...4 {
                    let build = Build(function, "BUILD=b\(number)")
                    defer { unlink(build.path) }
                    try await function.pool.replace(with: build.located)
                    let answer = try await function.get("/echo")
                    #expect(answer.build == "b\(number)")
                }
                load.isDone.store(true, ordering: .relaxed)
                var seen: Set<String> = []
                for try await some in group { seen.formUnion(some) }
                return seen
            }
            #expect(builds.isSuperset(of: ["b4"]))
        }
        #expect(function.log.crashes.isEmpty)
    }

    @Test func `a call that runs on the old build is answered by it`() async throws {
        let function = PythonFunction()
        try await function.run {
            async let slow = function.get("/slow", query: ["seconds": "1"])
            try await function.noted("started")
            let build = Build(function, "BUILD=b2")
            defer { unlink(build.path) }
            try await function.pool.replace(with: build.located)
            let answer = try await slow
            #expect(answer.build == "b1")
            #expect(try await answer.text == "late")
        }
    }

    @Test func `a build that does not start leaves the old one serving and says why`() async throws {
        let function = PythonFunction()
        try await function.run {
            let before = try await function.get("/pid").text
            let build = Build(function, "BEHAVIOR=init_error")
            defer { unlink(build.path) }
            let failure = await #expect(throws: ReplacementFailure.self) {
                try await function.pool.replace(with: build.located)
            }
            #expect(failure?.message == "DATABASE_URL is missing")
            #expect(try await function.get("/pid").text == before)
        }
    }
}
