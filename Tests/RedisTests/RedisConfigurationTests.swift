import Redis
import Testing

struct RedisConfigurationTests {
    @Test func `reads every part of a URL`() throws {
        let configuration = try RedisConfiguration(url: "rediss://app:p%40ss@cache.example:6380/3?ca=/etc/ca.pem")
        #expect(configuration.host == "cache.example")
        #expect(configuration.port == 6380)
        #expect(configuration.user == "app")
        #expect(configuration.password == "p@ss")
        #expect(configuration.database == 3)
        #expect(configuration.tls)
        #expect(configuration.authorityFile == "/etc/ca.pem")
    }

    @Test func `fills in what a URL leaves out`() throws {
        let configuration = try RedisConfiguration(url: "redis://localhost")
        #expect(configuration.port == 6379)
        #expect(configuration.database == 0)
        #expect(configuration.user == nil)
        #expect(configuration.password == nil)
        #expect(!configuration.tls)
    }

    @Test func `takes a password without a user, and an IPv6 address`() throws {
        let configuration = try RedisConfiguration(url: "redis://:secret@[::1]:7000/")
        #expect(configuration.user == nil)
        #expect(configuration.password == "secret")
        #expect(configuration.host == "::1")
        #expect("\(configuration)" == "redis://[::1]:7000/0")
    }

    @Test(
        arguments: [
            ("mysql://localhost", "its scheme is \"mysql\""),
            ("localhost:6379", "its scheme is \"localhost\""),
            ("", "it has no scheme"),
            ("redis://", "it names no host"),
            ("redis://localhost/x", "the database is a number, not \"x\""),
            ("redis://localhost/-1", "the database is a number, not \"-1\""),
            ("redis://localhost:70000", "port 70000 does not exist"),
            ("redis://:x@127.0.0.1:bad", "its port is no number"),
            ("redis://[::1]:bad/0", "its port is no number"),
            ("redis://[::1/0", "has to be percent-encoded"),
            ("rediss://localhost?verify=no", "the option \"verify\" is unknown"),
            ("redis://localhost?ca=/x", "\"ca\" belongs to rediss://"),
            ("rediss://localhost?ca=", "\"ca\" names no file"),
        ])
    func `says what is wrong with a URL and what it should be`(url: String, problem: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect("\(error!)".contains(problem), "\(error!)")
        #expect("\(error!)".contains("want redis://user:password@host:6379/0"))
    }

    @Test(arguments: [
        "redis://app:hunter2@host/x", "redis//app:hunter2@host", "mysql://app:hunter2@h", "redis://app:hunter2@h:99999",
    ])
    func `never prints a password`(url: String) throws {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(!"\(error!)".contains("hunter2"), "\(error!)")
    }

    @Test func `hides the password wherever it is printed`() throws {
        let configuration = try RedisConfiguration(url: "redis://app:hunter2@host")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"), "\(text)")
        }
    }
}
