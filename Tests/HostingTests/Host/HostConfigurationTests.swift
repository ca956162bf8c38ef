import Testing

@testable import Hosting

@Suite struct HostConfigurationTests {
    @Test func `reads everything from the environment`() throws {
        let host = try HostConfiguration([
            "PORT": "9000", "HOST": "127.0.0.1", "TRIGGERS": "http, queue", "FUNCTIONS_DIR": "/functions",
            "FUNCTIONS": "/a:/b", "REDIS_URL": "redis://localhost", "MIN_INSTANCES": "1", "MAX_INSTANCES": "7",
            "BODY_LIMIT": "1000", "ALLOWED_ORIGINS": "https://a,https://b", "TRUST_FORWARDED_FOR": "true",
        ])
        #expect(host.http.port == 9000)
        #expect(host.http.host == "127.0.0.1")
        #expect(host.triggers == [.http, .queue])
        #expect(host.directory == "/functions")
        #expect(host.functions == ["/a", "/b"])
        #expect(host.limits.minimum == 1)
        #expect(host.limits.maximum == 7)
        #expect(host.http.bodyLimit == 1000)
        #expect(host.http.allowedOrigins == ["https://a", "https://b"])
        #expect(host.http.trustsForwardedFor)
    }

    @Test func `serves HTTP on port 8080 where nothing else is said`() throws {
        let host = try HostConfiguration(["FUNCTIONS_DIR": "/functions"])
        #expect(host.http.port == 8080)
        #expect(host.triggers == [.http])
    }

    @Test func `names every problem at once`() throws {
        let error = #expect(throws: HostConfigurationError.self) {
            try HostConfiguration(["PORT": "x", "TRIGGERS": "http,fax", "MAX_INSTANCES": "many", "FUNCTIONS_DIR": "/f"])
        }
        let names = try #require(error).problems.map { $0.split(separator: " ")[0] }
        #expect(names == ["PORT", "TRIGGERS", "MAX_INSTANCES"])
    }

    @Test func `functions and Redis must be somewhere`() throws {
        let error = #expect(throws: HostConfigurationError.self) {
            try HostConfiguration(["TRIGGERS": "queue,object", "PORT": "70000"])
        }
        #expect(
            error?.problems == [
                "FUNCTIONS_DIR and FUNCTIONS are both missing: set one to where the function executables are.",
                "REDIS_URL is missing: TRIGGERS has queue, and queues are in Redis.",
                "EVENTS_TOKEN is missing: TRIGGERS has object, and anybody could post events without a token.",
                "PORT is not a port: 70000 (want 0 to 65535).",
            ])
    }
}
