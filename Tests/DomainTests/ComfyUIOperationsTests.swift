import Domain
import FoundationEssentials
import FunctionRuntime
import FunctionTesting
import Glibc
import JSON
import Testing

@testable import GetComfyUIQueue
@testable import GetComfyUIStatus
@testable import ListComfyUIModels
@testable import RestartComfyUI

/// What operators do with ComfyUI, with a server that a test decides about and a socket that speaks the Docker Engine's API.
@Suite(.timeLimit(.minutes(1)))
struct ComfyUIOperationsTests {
    private static let token = "an operator's token"
    private static let local = ["DEVELOPMENT_USER": "developer@example.com"]

    private func comfyUI(running: [JSON] = [], pending: [JSON] = []) throws -> LocalServer {
        let queue: JSON = ["queue_running": .array(running), "queue_pending": .array(pending)]
        let answers: [String: JSON] = [
            "/queue": queue, "/models": ["checkpoints", "loras", "../etc"],
            "/models/checkpoints": ["a.safetensors", "b.ckpt"],
            "/models/loras": [],
            "/system_stats": [
                "system": ["comfyui_version": "0.3.64"],
                "devices": [["name": "cuda:0", "type": "cuda", "vram_total": 24_000, "vram_free": 12_000], [:]],
            ],
        ]
        return try LocalServer { request in
            answers[request.path].map { .init(body: $0.serialized) } ?? .init(status: 404)
        }
    }

    private func docker(_ status: Int, _ body: JSON = .null) throws -> (server: LocalServer, folder: TemporaryFolder) {
        let folder = try TemporaryFolder(name: "docker")
        let server = try LocalServer(unixSocket: folder.path + "/docker.sock") { _ in
            .init(status: status, body: body == .null ? [] : body.serialized)
        }
        return (server, folder)
    }

    private func status(_ environment: [String: String]) async throws -> JSON {
        let answer = try await TestedFunction(
            GetComfyUIStatus.self, environment: environment.merging(Self.local) { $1 }
        )
        .request(.get, "/api/v1/operations/comfyui")
        #expect(answer.status == 200)
        return try answer.json()
    }

    private func restart(
        _ environment: [String: String], force: Bool? = nil
    ) async throws -> (status: Int?, detail: String, json: JSON) {
        let answer = try await TestedFunction(RestartComfyUI.self, environment: environment.merging(Self.local) { $1 })
            .request(
                .post, "/api/v1/operations/comfyui/restart", query: force.map { ["force": ["\($0)"]] } ?? [:])
        return (answer.status, answer.failure?.message ?? "", answer.failure == nil ? try answer.json() : .null)
    }

    // MARK: Who may

    private static let visitors: [(String?, String?, [String: String], Int)] = [
        (nil, nil, local, 200), (token, nil, [:], 401), (token, "Bearer \(token)", [:], 200),
        (token, "Bearer another's token", [:], 401), (token, token, [:], 401), (token, "Bearer ", [:], 401),
        (nil, "Bearer ", [:], 401), (nil, nil, [:], 401),
        // Whoever shows a token means it: a wrong one is wrong on a developer's machine too.
        (token, "Bearer wrong", local, 401),
    ]

    @Test(arguments: visitors)
    func `operators are who has the token, and locally everybody`(
        configured: String?, sent: String?, environment: [String: String], status: Int
    ) async throws {
        var environment = environment
        environment["OPERATOR_TOKEN"] = configured
        environment["COMFYUI_URL"] = try comfyUI().url
        var headers: Headers = [:]
        if let sent { headers["authorization"] = sent }
        let server = try comfyUI()
        environment["COMFYUI_URL"] = server.url
        let path = "/api/v1/operations/comfyui"
        let answers = [
            try await TestedFunction(GetComfyUIStatus.self, environment: environment).request(
                .get, path, headers: headers),
            try await TestedFunction(GetComfyUIQueue.self, environment: environment)
                .request(.get, path + "/queue", headers: headers),
            try await TestedFunction(ListComfyUIModels.self, environment: environment)
                .request(.get, path + "/models", headers: headers),
        ]
        #expect(answers.map(\.status) == [status, status, status])
        // Whoever may not has no influence on ComfyUI either.
        #expect(status == 200 || server.requests.isEmpty)
        let (engine, folder) = try docker(204)
        environment["DOCKER_HOST"] = "unix://\(folder.path)/docker.sock"
        environment["COMFYUI_CONTAINER"] = "comfyui"
        let restart = try await TestedFunction(RestartComfyUI.self, environment: environment)
            .request(.post, path + "/restart", headers: headers)
        #expect(restart.status == status && engine.requests.count == (status == 200 ? 1 : 0))
    }

    @Test func `a token that could be guessed is no token`() async throws {
        await #expect(throws: ConfigurationProblem.self) {
            _ = try await TestedFunction(GetComfyUIStatus.self, environment: ["OPERATOR_TOKEN": "short"])
        }
    }

    // MARK: Looking

    @Test func `the status tells version, devices and how much there is to do`() async throws {
        let server = try comfyUI(running: [[0, "p1"]], pending: [[1, "p2"], [2, "p3"]])
        let status = try await status(["COMFYUI_URL": server.url])
        #expect(status["isUp"] == true && status["version"] == "0.3.64")
        #expect(status["running"] == 1 && status["pending"] == 2 && status["restarts"] == false)
        #expect(status["devices"]?[0]?["freeMemory"] == 12_000)
        #expect(status["devices"]?[1]?["name"] == "unknown")
    }

    @Test func `one that is down has a status too`() async throws {
        let status = try await status([
            "COMFYUI_URL": "http://127.0.0.1:1", "DOCKER_HOST": "unix:///nowhere.sock", "COMFYUI_CONTAINER": "comfyui",
        ])
        #expect(status["isUp"] == false && status["restarts"] == true)
        #expect(status["problem"]?.string?.contains("cannot be reached") == true)
    }

    @Test func `the queue is told by its ids, and a ComfyUI that does not tell is somebody else's failure`()
        async throws
    {
        func queue(_ url: String) async throws -> TestAnswer {
            try await TestedFunction(GetComfyUIQueue.self, environment: Self.local.merging(["COMFYUI_URL": url]) { $1 })
                .request(.get, "/api/v1/operations/comfyui/queue")
        }
        let server = try comfyUI(running: [[0, "p1"]], pending: [[1, "p2"]])
        #expect(try await queue(server.url).json() == ["running": ["p1"], "pending": ["p2"]])
        #expect(try await queue("http://127.0.0.1:1").status == 502)
    }

    @Test func `without a ComfyUI there is nothing to look at`() async throws {
        let path = "/api/v1/operations/comfyui"
        let answers = [
            try await TestedFunction(GetComfyUIStatus.self, environment: Self.local).request(.get, path),
            try await TestedFunction(GetComfyUIQueue.self, environment: Self.local).request(.get, path + "/queue"),
            try await TestedFunction(ListComfyUIModels.self, environment: Self.local).request(.get, path + "/models"),
        ]
        #expect(answers.map(\.status) == [404, 404, 404])
        #expect(answers[0].failure?.message.contains("COMFYUI_URL") == true)
    }

    // MARK: Models

    private func models(_ environment: [String: String]) async throws -> TestAnswer {
        try await TestedFunction(ListComfyUIModels.self, environment: environment.merging(Self.local) { $1 })
            .request(.get, "/api/v1/operations/comfyui/models")
    }

    /// A folder with two checkpoints, one in a folder, one behind a link; and what is no model.
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder(name: "models")
        let manager = FileManager.default
        try manager.createDirectory(atPath: folder.path + "/checkpoints/xl", withIntermediateDirectories: true)
        func write(_ name: String, _ size: Int) {
            _ = manager.createFile(atPath: "\(folder.path)/\(name)", contents: Data(repeating: 1, count: size))
        }
        write("checkpoints/a.safetensors", 5)
        write("checkpoints/xl/c.GGUF", 7)
        write("checkpoints/readme.txt", 9)
        write("checkpoints/.hidden.ckpt", 9)
        try manager.createSymbolicLink(
            atPath: folder.path + "/checkpoints/xl/circle", withDestinationPath: folder.path + "/checkpoints")
        try manager.createSymbolicLink(atPath: folder.path + "/checkpoints/gone.ckpt", withDestinationPath: "/nowhere")
        return folder
    }

    @Test func `the list joins what ComfyUI lists and what is in its folder`() async throws {
        let (server, folder) = (try comfyUI(), try folder())
        let answer = try await models(["COMFYUI_URL": server.url, "COMFYUI_MODELS_DIR": folder.path]).json()
        let kinds = answer["kinds"]?.array ?? []
        #expect(kinds.map { $0["name"] } == ["checkpoints", "loras"])
        let checkpoints = (kinds[0]["models"]?.array ?? []).filter { $0["name"]?.string?.contains("circle") == false }
        #expect(
            checkpoints == [
                ["name": "a.safetensors", "size": 5, "isListed": true], ["name": "b.ckpt", "isListed": true],
                ["name": "xl/c.GGUF", "size": 7, "isListed": false],
            ])
        // Links in a circle are followed a few times and no more.
        #expect(
            (kinds[0]["models"]?.array ?? []).allSatisfy { ($0["name"]?.string ?? "").split(separator: "/").count <= 6 }
        )
        // A kind that would lead elsewhere is not asked for.
        #expect(!server.requests.contains { $0.path.contains("..") })
    }

    @Test func `of very many files the first ten thousand are listed`() async throws {
        let folder = try TemporaryFolder(name: "models")
        try FileManager.default.createDirectory(atPath: folder.path + "/loras", withIntermediateDirectories: true)
        for number in 0..<10_020 {
            _ = FileManager.default.createFile(atPath: "\(folder.path)/loras/\(number).pt", contents: nil)
        }
        let answer = try await models(["COMFYUI_MODELS_DIR": folder.path]).json()
        #expect(answer["kinds"]?[0]?["models"]?.array?.count == 10_000)
    }

    @Test func `either of the two is enough`() async throws {
        let folder = try folder()
        let alone = try await models(["COMFYUI_MODELS_DIR": folder.path]).json()
        #expect(alone["kinds"]?[0]?["models"]?[0] == ["name": "a.safetensors", "size": 5])
        let down = try await models(["COMFYUI_URL": "http://127.0.0.1:1", "COMFYUI_MODELS_DIR": folder.path]).json()
        #expect(down["kinds"]?[0]?["models"]?[0]?["size"] == 5 && down["problem"] != nil)
        #expect(try await models(["COMFYUI_URL": "http://127.0.0.1:1"]).status == 502)
        let missing = try await models(["COMFYUI_MODELS_DIR": folder.path + "/nowhere"])
        #expect(missing.status == 503)
    }

    @Test func `a file beside the folders is no folder that cannot be read`() async throws {
        let folder = try folder()
        #expect(FileManager.default.createFile(atPath: folder.path + "/put_models_here", contents: nil))
        let listed = try await models(["COMFYUI_MODELS_DIR": folder.path]).json()
        #expect(listed["unreadableFolders"] == nil && listed["kinds"]?.array?.count == 1)
    }

    // The superuser may read everything.
    @Test(.enabled(if: geteuid() != 0))
    func `a folder that cannot be read is named, and the others are listed`() async throws {
        let folder = try folder()
        let closed = folder.path + "/checkpoints/closed"
        try FileManager.default.createDirectory(atPath: closed, withIntermediateDirectories: true)
        #expect(chmod(closed, 0) == 0)
        defer { chmod(closed, 0o700) }
        let listed = try await models(["COMFYUI_MODELS_DIR": folder.path]).json()
        #expect(listed["unreadableFolders"]?.array?.contains("checkpoints/closed/") == true)
        #expect(listed["kinds"]?[0]?["models"]?[0]?["name"] == "a.safetensors")
    }

    // MARK: Restarting

    private func environment(_ folder: TemporaryFolder, _ server: LocalServer? = nil) -> [String: String] {
        var values = ["DOCKER_HOST": "unix://\(folder.path)/docker.sock", "COMFYUI_CONTAINER": "comfyui"]
        values["COMFYUI_URL"] = server?.url
        return values
    }

    @Test func `the container is restarted through the socket`() async throws {
        let (engine, folder) = try docker(204)
        let server = try comfyUI()
        let answer = try await restart(environment(folder, server))
        #expect(answer.status == 200 && answer.json == ["container": "comfyui", "lostPrompts": 0])
        #expect(engine.requests.map { "\($0.method) \($0.path)" } == ["POST /containers/comfyui/restart?t=10"])
        #expect(server.requests.map(\.path) == ["/queue"])
    }

    @Test func `the container is restarted through an address`() async throws {
        let engine = try LocalServer { _ in .init(status: 204) }
        let answer = try await restart([
            "DOCKER_HOST": "tcp://127.0.0.1:\(engine.port)", "COMFYUI_CONTAINER": "comfyui",
        ])
        #expect(answer.status == 200 && engine.requests.count == 1)
    }

    @Test func `prompts are lost only when that is asked for`() async throws {
        let (engine, folder) = try docker(204)
        let server = try comfyUI(running: [[0, "p1"]], pending: [[1, "p2"]])
        let refused = try await restart(environment(folder, server))
        #expect(refused.status == 409 && refused.detail.contains("2 prompts") && engine.requests.isEmpty)
        #expect(try await restart(environment(folder, server), force: false).status == 409)
        let forced = try await restart(environment(folder, server), force: true)
        #expect(forced.status == 200 && forced.json["lostPrompts"] == 2)
    }

    @Test func `one that does not answer is what one restarts`() async throws {
        let (engine, folder) = try docker(204)
        var values = environment(folder)
        values["COMFYUI_URL"] = "http://127.0.0.1:1"
        #expect(try await restart(values).status == 200 && engine.requests.count == 1)
    }

    @Test func `one that answers without telling what it has to draw is restarted only by force`() async throws {
        let (engine, folder) = try docker(204)
        let closed = try LocalServer { _ in .init(status: 401) }
        let refused = try await restart(environment(folder, closed))
        #expect(refused.status == 502 && refused.detail.contains("?force=true") && engine.requests.isEmpty)
        let forced = try await restart(environment(folder, closed), force: true)
        #expect(forced.status == 200 && forced.json == ["container": "comfyui"] && engine.requests.count == 1)
    }

    private static let refusals: [(Int, String, Int)] = [
        (404, "No such container: comfyui", 404), (409, "container is marked for removal", 409),
        (500, "cannot start container", 502),
    ]

    @Test(arguments: refusals)
    func `what Docker refuses is said with its reason`(status: Int, reason: String, expected: Int) async throws {
        let (engine, folder) = try docker(status, ["message": .string(reason)])
        let answer = try await restart(environment(folder))
        #expect(answer.status == expected && answer.detail.contains(reason), "\(answer.detail)")
        #expect(engine.requests.count == 1)
    }

    @Test func `nothing is restarted that is not configured`() async throws {
        for values in [[:], ["COMFYUI_CONTAINER": "comfyui"], ["DOCKER_HOST": "unix:///nowhere.sock"]] {
            let answer = try await restart(values)
            #expect(answer.status == 404 && answer.detail.contains("COMFYUI_CONTAINER"))
        }
        let away = try await restart(["DOCKER_HOST": "unix:///nowhere.sock", "COMFYUI_CONTAINER": "comfyui"])
        #expect(away.status == 503 && away.detail.contains("DOCKER_HOST"))
    }

    @Test(arguments: [
        ("COMFYUI_CONTAINER", "../images"), ("COMFYUI_CONTAINER", "a?b"), ("DOCKER_HOST", "docker.sock"),
        ("DOCKER_HOST", "tcp://"), ("DOCKER_HOST", "ssh://host"), ("COMFYUI_MODELS_DIR", "models"),
    ])
    func `settings that lead elsewhere are refused at the start`(name: String, value: String) async throws {
        await #expect(throws: ConfigurationProblem.self) {
            _ = try await TestedFunction(RestartComfyUI.self, environment: [name: value])
        }
    }
}
