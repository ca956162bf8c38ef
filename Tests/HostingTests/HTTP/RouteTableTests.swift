import Testing

@testable import Hosting

@Suite struct RouteTableTests {
    private func table(_ routes: String...) throws -> RouteTable<String> {
        var table = RouteTable<String>()
        for route in routes {
            let parts = route.split(separator: " ")
            try table.add(String(parts[0]), RoutePattern(String(parts[1])), route)
        }
        return table
    }

    private func found(_ table: RouteTable<String>, _ method: String, _ path: String) -> String {
        switch table.match(method, path[...]) {
        case .found(let endpoint, _, let parameters):
            ([endpoint] + parameters.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
        case .methodNotAllowed(let allowed): "405 " + allowed.joined(separator: ",")
        case .notFound: "404"
        }
    }

    @Test(arguments: [
        ("GET", "/jobs", "GET /jobs"),
        ("GET", "/jobs/", "GET /jobs"),
        ("POST", "/jobs", "POST /jobs"),
        ("HEAD", "/jobs", "GET /jobs"),
        ("GET", "/jobs/stats", "GET /jobs/stats"),
        ("GET", "/jobs/7", "GET /jobs/{id} id=7"),
        ("GET", "/jobs/a%20b", "GET /jobs/{id} id=a b"),
        ("GET", "/jobs/a%2Fb", "GET /jobs/{id} id=a/b"),
        ("GET", "/j%6Fbs", "GET /jobs"),
        ("GET", "/jobs/stats/x", "GET /jobs/{id}/{part} id=stats part=x"),
        ("GET", "/files/a/b/c.png", "GET /files/{path...} path=a/b/c.png"),
        ("GET", "/files", "GET /files/{path...} path="),
        ("GET", "/files/readme", "GET /files/readme"),
        ("GET", "/", "GET /"),
        ("GET", "/none", "404"),
        ("GET", "/jobs//x", "404"),
        ("GET", "/jobs/%zz", "404"),
        ("GET", "/jobs/%ff", "404"),
        ("GET", "jobs", "404"),
        ("DELETE", "/jobs", "405 GET,HEAD,OPTIONS,POST"),
        ("POST", "/jobs/7", "405 GET,HEAD,OPTIONS"),
        ("POST", "/jobs/stats", "405 GET,HEAD,OPTIONS"),
        ("OPTIONS", "/jobs", "405 GET,HEAD,OPTIONS,POST"),
    ])
    func `finds what serves a method and a path`(_ method: String, _ path: String, _ expected: String) throws {
        let table = try table(
            "GET /", "GET /jobs", "POST /jobs", "GET /jobs/stats", "GET /jobs/{id}", "GET /jobs/{id}/{part}",
            "GET /files/{path...}", "GET /files/readme")
        #expect(found(table, method, path) == expected)
    }

    @Test func `a literal with another method leaves the path to the parameter`() throws {
        let table = try table("GET /jobs/stats", "POST /jobs/{id}")
        #expect(found(table, "POST", "/jobs/stats") == "POST /jobs/{id} id=stats")
    }

    @Test func `two functions cannot have one route`() throws {
        #expect(throws: RouteError(message: "GET /a/{y} is taken already, by GET /a/{x}.")) {
            _ = try table("GET /a/{x}", "GET /a/{y}")
        }
    }

    @Test(arguments: ["a", "/{", "/a{b}", "/{}", "/{a}/{a}", "/{a...}/b"])
    func `a malformed pattern is refused with a sentence`(_ pattern: String) {
        let error = #expect(throws: RouteError.self) { try RoutePattern(pattern) }
        #expect(error?.message.contains("\"\(pattern)\"") == true)
    }
}
