import DashboardAssets
import Domain
import FoundationEssentials
import FunctionRuntime
import Glibc
import HTTPTypes
import Hosting
import JSON
import Queue
import Redis

/// What the dashboard knows and does: one method for each path below `/api`, and the page.
struct DashboardAPI: Sendable {
    let addresses: Addresses
    let journal: Journal
    let registry: FunctionRegistry
    let redis: Redis
    private let gate: ProviderGate
    /// How often a provider's stand-in was asked for each action of its ledger.
    private let standInCalls: @Sendable (String) -> [String: Int]
    /// The services around the functions.
    let services: @Sendable () -> [ServiceStatus]
    private let started = ContinuousClock.now

    init(
        addresses: Addresses, journal: Journal, registry: FunctionRegistry, redis: Redis,
        services: @escaping @Sendable () -> [ServiceStatus],
        standInCalls: @escaping @Sendable (String) -> [String: Int]
    ) {
        self.addresses = addresses
        self.journal = journal
        self.registry = registry
        self.redis = redis
        gate = ProviderGate(redis)
        self.services = services
        self.standInCalls = standInCalls
    }

    /// Answers one request.
    ///
    /// - Parameter path: its components.
    /// - Throws: what is wrong with the request, as a sentence.
    func respond(
        _ method: HTTPRequest.Method, _ path: [String], query: [String: String], body: [UInt8]
    ) async throws -> DashboardAnswer {
        let name = path.count == 4 ? path[2] : ""
        let pattern = path.count == 4 ? [path[0], path[1], "*", path[3]] : path
        switch "\(method.rawValue) /\(pattern.joined(separator: "/"))" {
        case "GET /": return .page(Self.page)
        case "GET /api/state": return .json(await state())
        case "GET /api/functions": return .json(.array(functions()))
        case "GET /api/describe": return .json(registry.descriptions)
        case "GET /api/invocations": return .json(.array(invocations(query)))
        case "GET /api/logs":
            if let name = query["function"], registry[name] == nil { return unknownFunction(name) }
            return logs(query)
        case "GET /api/services": return .json(.array(services().map(Self.json)))
        case "GET /api/queues": return .json(.array(await queues()))
        case "GET /api/queues/*/dead": return .json(try await dead(name))
        case "GET /api/providers": return .json(try await providers())
        case "POST /api/providers/*/pause": return .json(try await pause(name, true))
        case "POST /api/providers/*/resume": return .json(try await pause(name, false))
        case "POST /api/queues/*/redrive": return .json(try await redrive(name))
        case "POST /api/functions/*/invoke": return try await invoke(name, body)
        case "POST /api/functions/*/fire": return try await invoke(name, Array(#"{"timer":{}}"#.utf8))
        default: return .problem(.notFound, "the dashboard has no \(method.rawValue) /\(path.joined(separator: "/"))")
        }
    }

    private static let page: [UInt8] = {
        var size = 0
        guard let bytes = dashboard_page(&size) else { return [] }
        return Array(UnsafeBufferPointer(start: bytes, count: size))
    }()

    private func state() async -> JSON {
        [
            "process": .integer(Int64(addresses.process)),
            "uptime": .number((ContinuousClock.now - started).milliseconds / 1000),
            "running": .integer(Int64(journal.running)), "addresses": addresses.json, "functions": .array(functions()),
            "invocations": .array(journal.invocations.suffix(100).map(\.json)), "queues": .array(await queues()),
            "services": .array(services().map(Self.json)), "providers": (try? await providers()) ?? .null,
        ]
    }

    private func functions() -> [JSON] {
        registry.entries.map { entry in
            let description = entry.function.description
            let status = entry.pool.status
            let processes = status.instances.map { instance -> JSON in
                [
                    "name": .string(instance.name),
                    "process": instance.processIdentifier.map { .integer(Int64($0)) } ?? .null,
                    "build": instance.build.map(JSON.string) ?? .null, "state": .string(instance.phase),
                    "inFlight": .integer(Int64(instance.inFlight)),
                    "memory": instance.residentMemory.map { .integer(Int64($0)) } ?? .null,
                ]
            }
            return [
                "name": .string(description.name), "summary": .string(description.summary),
                "build": .string(description.build), "path": .string(entry.function.path),
                "triggers": description.json["triggers"] ?? [], "processes": .array(processes),
                "waiting": .integer(Int64(status.waiting)), "restarts": .integer(Int64(status.restarts)),
                "startFailure": status.startFailure.map(JSON.string) ?? .null,
                "example": ManualEvent.example(description.triggers),
            ]
        }
    }

    private func invocations(_ query: [String: String]) -> [JSON] {
        let limit = query["limit"].flatMap { Int($0) } ?? 100
        return journal.invocations.filter { query["function"] == nil || $0.function == query["function"] }
            .suffix(max(0, limit)).map(\.json)
    }

    private func logs(_ query: [String: String]) -> DashboardAnswer {
        if query["follow"] == "false" {
            return .json(.array(journal.lines.filter { $0.concerns(query["function"]) }.map(\.json)))
        }
        return .lines(journal.follow(replay: true), function: query["function"])
    }

    private static func json(_ service: ServiceStatus) -> JSON {
        [
            "name": .string(service.name), "phase": .string(service.phase.rawValue),
            "process": service.process.map { .integer(Int64($0)) } ?? .null,
            "restarts": .integer(Int64(service.restarts)), "address": .string(service.address),
        ]
    }

    // MARK: Queues

    private func queues() async -> [JSON] {
        var list: [JSON] = []
        for name in registry.queueNames.sorted() {
            // While Redis restarts nothing is known of the queues: they are shown without numbers.
            guard let depth = try? await Queue(redis, name).depth() else {
                list.append(["name": .string(name), "waiting": .null, "leased": .null, "delayed": .null, "dead": .null])
                continue
            }
            list.append(
                [
                    "name": .string(name), "waiting": .integer(Int64(depth.ready.values.reduce(0, +))),
                    "leased": .integer(Int64(depth.leased)), "delayed": .integer(Int64(depth.delayed)),
                    "dead": .integer(Int64(depth.dead)),
                ])
        }
        return list
    }

    private func dead(_ name: String) async throws -> JSON {
        let letters = try await Queue(redis, name).deadLetters()
        return .array(
            letters.map { letter in
                [
                    "entry": .string(letter.entry), "id": .string(letter.id), "body": letter.body ?? .null,
                    "attempts": .integer(Int64(letter.attempts)), "reason": .string(letter.reason),
                    "died": .string(RFC3339.string(from: Date(timeIntervalSince1970: Double(letter.diedAt) / 1000))),
                ]
            })
    }

    private func redrive(_ name: String) async throws -> JSON {
        let queue = Queue(redis, name)
        let count = try await queue.redrive(try await queue.deadLetters(count: 10_000).map(\.entry))
        journal.info("\(count) dead letters of the queue \(name) were put back")
        return ["redriven": .integer(Int64(count))]
    }

    // MARK: Providers

    /// How each provider does; while Redis restarts nothing is known of that.
    private func providers() async throws -> JSON {
        let states = try await gate.states(of: addresses.providers.keys.sorted())
        return .array(
            states.sorted { $0.key < $1.key }.map { name, state in
                [
                    "name": .string(name), "breaker": .string(state.breaker.rawValue),
                    "opensForMs": .integer(Int64(state.opensForMs)), "heldForMs": .integer(Int64(state.heldForMs)),
                    "calls": .integer(Int64(state.calls)), "well": .integer(Int64(state.well)),
                    "unwell": .integer(Int64(state.unwell)),
                    "standIn": .object(
                        JSONObject(
                            standInCalls(name).sorted { $0.key < $1.key }.map { ($0.key, .integer(Int64($0.value))) })),
                ]
            })
    }

    private func pause(_ provider: String, _ isPaused: Bool) async throws -> JSON {
        guard addresses.providers[provider] != nil else {
            throw EmulatorError("there is no provider \(provider) (there are \(addresses.providers.keys.sorted()))")
        }
        if isPaused { try await gate.pause(provider) } else { try await gate.unpause(provider) }
        journal.info("the provider \(provider) was \(isPaused ? "paused" : "let go on")")
        return try await providers()
    }

    private func unknownFunction(_ name: String) -> DashboardAnswer {
        .problem(
            .notFound,
            "there is no function \(name) (there are: \(FunctionFinder.names(registry.entries.map(\.function))))")
    }

    // MARK: Invoking

    private func invoke(_ name: String, _ body: [UInt8]) async throws -> DashboardAnswer {
        guard let entry = registry[name] else { return unknownFunction(name) }
        let json = body.isEmpty ? JSON.null : try JSON(parsing: body)
        let description = entry.function.description
        let event = try ManualEvent(json, function: name, triggers: description.triggers)
        let invocation = try event.invocation()
        do {
            let answer = try await entry.pool.invoke(invocation)
            return .json(try await ManualAnswer.json(answer))
        } catch let failure as InvocationFailure {
            return .json(["failure": .string(Journal.words(for: failure))])
        }
    }
}
